//! The part of JSON Schema that the schemas in `docs/schemas` use. A validator for all of it takes
//! sixty packages.

use serde_json::{Map, Value};

/// What is wrong with a document. A property that the schema does not list is wrong as well: it
/// would be one without documentation.
pub(crate) fn violations(schema: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let checker = Checker { root: schema };
    checker.check(schema, document, "$", &mut found);
    found
}

struct Checker<'a> {
    root: &'a Value,
}

impl Checker<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
        let schema = schema.as_object().unwrap();
        for (keyword, rule) in schema {
            let problem = match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" => None,
                "$ref" => {
                    let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
                    self.check(self.root.pointer(pointer).unwrap(), value, at, found);
                    None
                }
                "type" => (!is_a(value, rule.as_str().unwrap())).then(|| format!("is no {rule}")),
                "enum" => (!rule.as_array().unwrap().contains(value))
                    .then(|| format!("is {value}, expected one of {rule}")),
                "minimum" => (value.as_u64() < rule.as_u64()).then(|| format!("is {value}")),
                "pattern" => {
                    let text = value.as_str().unwrap_or_default();
                    (!is_like(text, rule.as_str().unwrap()))
                        .then(|| format!("is {value}, expected {rule}"))
                }
                "format" => {
                    assert_eq!(rule, "date-time");
                    let form = &time::format_description::well_known::Rfc3339;
                    let text = value.as_str().unwrap_or_default();
                    let parsed = time::OffsetDateTime::parse(text, form);
                    parsed
                        .is_err()
                        .then(|| format!("is {value}, expected a time"))
                }
                "required" => {
                    let names = rule.as_array().unwrap().iter();
                    let mut missing =
                        names.filter(|name| value.get(name.as_str().unwrap()).is_none());
                    missing.next().map(|name| format!("has no {name}"))
                }
                "properties" => self.properties(rule.as_object().unwrap(), value, at, found),
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(rule, item, &format!("{at}[{index}]"), found);
                    }
                    None
                }
                other => panic!("{at}: the keyword `{other}` is not known here"),
            };
            found.extend(problem.map(|problem| format!("{at} {problem}")));
        }
    }

    fn properties(
        &self,
        properties: &Map<String, Value>,
        value: &Value,
        at: &str,
        found: &mut Vec<String>,
    ) -> Option<String> {
        let mut unknown = None;
        for (name, value) in value.as_object().into_iter().flatten() {
            match properties.get(name) {
                Some(schema) => self.check(schema, value, &format!("{at}.{name}"), found),
                None => unknown = Some(format!("has `{name}`, which is not in the schema")),
            }
        }
        unknown
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        other => panic!("the type `{other}` is not known here"),
    }
}

fn is_like(text: &str, pattern: &str) -> bool {
    match pattern {
        "^[A-Z]{3}-[0-9]{3}$" => text.split_once('-').is_some_and(|(letters, digits)| {
            let of =
                |text: &str, is: fn(&u8) -> bool| text.len() == 3 && text.bytes().all(|b| is(&b));
            of(letters, u8::is_ascii_uppercase) && of(digits, u8::is_ascii_digit)
        }),
        "^[0-9a-f]{64}$" => {
            let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
            text.len() == 64 && text.bytes().all(hex)
        }
        other => panic!("the pattern `{other}` is not known here"),
    }
}

#[test]
fn violations_are_found() {
    let schema = serde_json::json!({
        "type": "object",
        "required": ["rule"],
        "properties": {
            "rule": { "type": "string", "pattern": "^[A-Z]{3}-[0-9]{3}$" },
            "lines": { "type": "array", "items": { "$ref": "#/$defs/line" } },
            "until": { "type": "string", "format": "date-time" },
            "severity": { "enum": ["warning", "error"] },
        },
        "$defs": { "line": { "type": "integer", "minimum": 1 } },
    });
    let good = serde_json::json!({
        "rule": "TIM-001", "lines": [1, 2], "until": "2026-01-01T00:00:00Z", "severity": "error",
    });
    assert_eq!(violations(&schema, &good), Vec::<String>::new());
    for (field, bad) in [
        ("rule", Value::Null),
        ("rule", "tim-001".into()),
        ("rule", "TIM-0001".into()),
        ("lines", 1.into()),
        ("lines", vec![1, 0].into()),
        ("lines", vec![-1].into()),
        ("until", "2026-01-01".into()),
        ("severity", "note".into()),
        ("another", "property".into()),
    ] {
        let mut document = good.clone();
        document[field] = bad.clone();
        assert_ne!(
            violations(&schema, &document),
            Vec::<String>::new(),
            "{field}: {bad}"
        );
    }
    assert_eq!(
        violations(&schema, &serde_json::json!({})),
        ["$ has no \"rule\""]
    );
}
