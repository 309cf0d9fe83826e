//! Values from environment variables.

use std::path::PathBuf;
use std::sync::Arc;

use super::Reader;
use crate::config::diagnostic::Diagnostic;
use crate::config::host::setting::Setting;
use crate::config::shown;
use crate::config::source::Source;

type Parsed<T> = Result<T, (String, &'static str)>;

impl Reader<'_> {
    /// The value of the variable `name`; an empty one counts as unset.
    pub(super) fn variable<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Parsed<T>,
    ) -> Option<Setting<T>> {
        let text = (self.environment)(name).filter(|text| !text.is_empty())?;
        match parse(&text) {
            Ok(value) => Some(Setting::from_environment(value, name)),
            Err((error, hint)) => {
                let message = format!("`{}` {error}", shown(&text));
                let end = text.len();
                let source = Arc::new(Source::new(format!("environment variable {name}"), text));
                self.report
                    .push(Diagnostic::error(&source, 0..end, message).hint(hint));
                None
            }
        }
    }
}

pub(super) fn path(text: &str) -> Parsed<PathBuf> {
    if text.contains('\0') {
        return Err(("is not a path".to_owned(), "write the path of a file"));
    }
    Ok(PathBuf::from(text))
}

/// Paths with colons between them, as in `PATH`; empty ones are left out.
pub(super) fn paths(text: &str) -> Parsed<Vec<PathBuf>> {
    let paths = text.split(':').filter(|path| !path.is_empty());
    paths.map(path).collect()
}

/// Names with commas between them.
pub(super) fn node_names(text: &str) -> Parsed<Vec<String>> {
    text.split(',')
        .map(|name| super::parse_node_name(name.trim()))
        .collect::<Result<_, _>>()
        .map_err(|error| {
            (
                error.to_owned(),
                "write host names with commas between them",
            )
        })
}
