//! `provost.toml`: values, origins, environment.

use std::path::PathBuf;
use std::time::Duration;

use provost_core::config::{ClassName, HostConfiguration, Isolation, Origin, Proof, Unpinned};

use crate::{assert_has, clean, host, host_with, one_error, sample, underlined};

fn class(name: &str) -> ClassName {
    ClassName::parse(name).unwrap()
}

#[test]
fn an_empty_file_is_all_defaults() {
    let host = clean(host(""));
    assert!(host.security_configuration.is_none());
    assert!(host.cluster_id.is_none());
    assert!(host.node_names.is_empty());
    assert!(host.libraries.folders.is_empty());
    assert!(!*host.description.populate.get());
    assert_eq!(host.description.uri.as_str(), "Path");
    assert_eq!(host.description.cluster_id.as_str(), "JobflowId");
    let defaults = host.class(&class("com.example.A"));
    assert_eq!(*defaults.isolation.get(), Isolation::Process);
    assert_eq!(*defaults.deadline.get(), Duration::from_secs(10));
    assert_eq!(*defaults.lanes.get(), 4);
    assert_eq!(defaults.memory.bytes(), 1 << 30);
    assert_eq!(*defaults.proof.get(), Proof::Required);
    assert_eq!(*defaults.unpinned.get(), Unpinned::Refuse);
    assert_eq!(defaults.lanes.origin(), &Origin::Default);
    assert_eq!(host.transfer.window.bytes(), 64 << 20);
    assert!(!host.has_inline_secrets());
}

#[test]
fn a_transfer_window_is_from_16_mib_to_16_gib() {
    for (text, bytes) in [("16MiB", 1 << 24), ("1 GiB", 1 << 30), ("16GiB", 1 << 34)] {
        let host = clean(host(&format!("[transfer]\nwindow = \"{text}\"\n")));
        assert_eq!(host.transfer.window.bytes(), bytes);
        assert_eq!(host.transfer.window.origin(), &Origin::File { line: 2 });
    }
}

#[test]
fn the_sample_sets_everything() {
    let text = sample("provost.toml");
    let host = clean(host(&text));
    let security = host.security_configuration.as_ref().unwrap();
    assert_eq!(
        security.get(),
        &PathBuf::from("/etc/provost/cse-custom.json")
    );
    assert_eq!(
        host.cluster_id.as_ref().unwrap().as_str(),
        "j-1ABCDEFGHIJKL"
    );
    assert_eq!(host.libraries.needed.get(), &["libcrypto.so.3"]);
    assert!(*host.description.populate.get());
    let mine = host.class(&class("com.mycompany.MyKeyProvider"));
    let library = mine.library.as_ref().unwrap();
    assert_eq!(
        library.to_string(),
        "s3://MyConfig/artifacts/libmy_key_provider.so"
    );
    assert!(mine.sha256.is_some());
    assert_eq!(mine.conf.len(), 4);
    assert_eq!(host.classes().count(), 2);
    assert_eq!(host.policies().len(), 1);
    let listed = host.explain();
    for setting in listed
        .iter()
        .filter(|e| matches!(e.origin, Origin::File { .. }))
    {
        let Origin::File { line } = setting.origin else {
            unreachable!()
        };
        let last = setting.name.rsplit('.').next().unwrap().trim_matches('"');
        assert_has(text.lines().nth(line - 1).unwrap(), last);
    }
}

#[test]
fn relative_paths_start_at_the_folder_of_the_file() {
    let host = clean(host(
        "[libraries]\nfolders = [\"plugins\", \"/opt/plugins\"]\nfiles = [\"../libfoo.so\"]\n\
         [classes.\"com.example.A\"]\nlibrary = \"libfoo.so\"\n",
    ));
    let folders = ["/etc/provost/plugins", "/opt/plugins"].map(PathBuf::from);
    assert_eq!(host.libraries.folders.get(), &folders);
    assert_eq!(
        host.libraries.files.get(),
        &[PathBuf::from("/etc/provost/../libfoo.so")]
    );
    let library = host
        .class(&class("com.example.A"))
        .library
        .as_ref()
        .unwrap();
    assert_eq!(library.to_string(), "file:///etc/provost/libfoo.so");
}

#[test]
fn the_environment_wins_over_the_file() {
    let text = "cluster_id = \"j-file\"\nnode_names = [\"a\"]\n[libraries]\nfolders = [\"/a\"]\n";
    let environment = [
        ("PROVOST_CLUSTER_ID", "j-env"),
        ("PROVOST_SECURITY_CONFIGURATION", "here.json"),
        ("PROVOST_LIBRARY_FOLDERS", "/b:/c"),
        ("PROVOST_LIBRARY_FILES", "/d.so"),
        ("PROVOST_NODE_NAMES", "x.example.com, y"),
    ];
    let host = clean(host_with(text, &environment));
    let id = host.cluster_id.as_ref().unwrap();
    assert_eq!(id.as_str(), "j-env");
    assert_eq!(
        id.origin(),
        &Origin::Environment {
            name: "PROVOST_CLUSTER_ID"
        }
    );
    // Where the program was started, not where the file is.
    let security = host.security_configuration.as_ref().unwrap();
    assert_eq!(security.get(), &PathBuf::from("here.json"));
    assert_eq!(
        host.libraries.folders.get(),
        &["/b", "/c"].map(PathBuf::from)
    );
    assert_eq!(host.libraries.files.get(), &[PathBuf::from("/d.so")]);
    assert_eq!(host.node_names.get(), &["x.example.com", "y"]);
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let host = clean(host_with(
        "cluster_id = \"j-file\"\n",
        &[("PROVOST_CLUSTER_ID", "")],
    ));
    let id = host.cluster_id.unwrap();
    assert_eq!(id.as_str(), "j-file");
    assert_eq!(id.origin(), &Origin::File { line: 1 });
}

#[test]
fn a_bad_variable_is_refused_by_its_name() {
    let error = one_error(host_with("", &[("PROVOST_CLUSTER_ID", "j 1")]));
    assert_has(
        &error.to_string(),
        "environment variable PROVOST_CLUSTER_ID:1:1: `j 1` is not",
    );
    let error = one_error(host_with("", &[("PROVOST_NODE_NAMES", "a,,b")]));
    assert_has(error.message(), "is not a host name");
}

#[test]
fn without_a_file_the_environment_still_counts() {
    let variable = |name: &str| (name == "PROVOST_CLUSTER_ID").then(|| "j-1".to_owned());
    let host = HostConfiguration::without_file(&variable).unwrap().value;
    assert_eq!(host.cluster_id.unwrap().as_str(), "j-1");
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_name() {
    for (text, mark, right) in [
        ("clusterid = \"a\"", "clusterid", "cluster_id"),
        ("[library]\n", "library", "libraries"),
        ("[libraries]\nfolder = []\n", "folder", "folders"),
        ("[description]\npopulated = true\n", "populated", "populate"),
        ("[classes.\"a.b\"]\nsha-256 = \"\"\n", "sha-256", "sha256"),
        (
            "[[prefixes]]\nprefix = \"/a\"\nwrite.formats = \"V3\"\n",
            "formats",
            "format",
        ),
        (
            "[[prefixes]]\nprefix = \"/a\"\nread.format = \"V3\"\n",
            "format",
            "formats",
        ),
        (
            "[[prefixes]]\nprefix = \"/a\"\nreads.legacy = \"refuse\"\n",
            "reads",
            "read",
        ),
    ] {
        let error = one_error(host(text));
        assert_eq!(underlined(&error), mark, "{error}");
        assert_has(
            error.hint_text().unwrap(),
            &format!("did you mean `{right}`?"),
        );
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_refused() {
    for (text, part) in [
        (
            "cluster_id = 1",
            "`cluster_id` is a number, expected text in quotes",
        ),
        ("cluster_id = \"\"", "1 to 128 visible ASCII characters"),
        (
            "node_names = \"a\"",
            "`node_names` is text, expected a list",
        ),
        ("node_names = [1]", "`node_names` is a number"),
        ("node_names = [\"a b\"]", "is not a host name or an address"),
        ("security_configuration = \"\"", "is not a path"),
        ("libraries = 1", "`libraries` is a number, expected a table"),
        (
            "[libraries]\nneeded = [\"/lib/libfoo.so\"]",
            "without a folder",
        ),
        (
            "[description]\npopulate = \"true\"",
            "is text, expected `true` or `false`",
        ),
        ("[description]\nuri = \"aws:x\"", "which Amazon reserves"),
        (
            "[description]\nuri = \"jobflowid\"",
            "`uri` and `cluster_id` are both `jobflowid`",
        ),
        ("[classes.Keys]\n", "a class name has at least one dot"),
        ("[classes.\"a.b\"]\nlanes = 0", "`lanes` is 0"),
        ("[classes.\"a.b\"]\nlanes = 65", "`lanes` is 65"),
        (
            "[classes.\"a.b\"]\nlanes = 1.5",
            "another number than a whole one",
        ),
        (
            "[classes.\"a.b\"]\nlanes = -1",
            "another number than a whole one",
        ),
        (
            "[classes.\"a.b\"]\nlanes = \"4\"",
            "is text, expected a whole number",
        ),
        (
            "[classes.\"a.b\"]\ndeadline = \"10\"",
            "expected a duration",
        ),
        (
            "[classes.\"a.b\"]\ndeadline = \"2h\"",
            "not between 10ms and 1h",
        ),
        (
            "[classes.\"a.b\"]\nmemory = \"1\"",
            "a whole number and a unit",
        ),
        ("[classes.\"a.b\"]\nmemory = \"1MiB\"", "less than 64MiB"),
        (
            "[transfer]\nwindow = \"15MiB\"",
            "not between 16MiB and 16GiB",
        ),
        (
            "[transfer]\nwindow = \"17GiB\"",
            "not between 16MiB and 16GiB",
        ),
        ("[transfer]\nwindow = 64", "is a number, expected text"),
        (
            "[classes.\"a.b\"]\nsha256 = \"00\"",
            "64 hexadecimal digits, this text has 2",
        ),
        (
            "[classes.\"a.b\"]\nlibrary = \"gs://bucket/a\"",
            "unknown scheme `gs`",
        ),
        ("[classes.\"a.b\"]\nlibrary = \"a.jar\"", "is a JAR"),
        (
            "[classes.\"a.b\"]\nisolation = \"none\"",
            "`isolation` cannot be `none`",
        ),
        (
            "[classes.\"a.b\"]\nproof = \"no\"",
            "`proof` cannot be `no`",
        ),
        (
            "[classes.\"a.b\"]\nunpinned = \"yes\"",
            "`unpinned` cannot be `yes`",
        ),
        (
            "[classes.\"a.b\"]\nconf = 1",
            "`conf` is a number, expected a table",
        ),
        ("[[classes]]\n", "`classes` is a list, expected a table"),
    ] {
        assert_has(one_error(host(text)).message(), part);
    }
}

#[test]
fn an_unquoted_class_name_says_what_to_quote() {
    let error = one_error(host("[classes.com.example.Keys]\nlanes = 1\n"));
    assert_eq!(underlined(&error), "com");
    assert_has(error.hint_text().unwrap(), "[classes.\"com.example.Keys\"]");
}

#[test]
fn toml_errors_have_a_place() {
    let error = one_error(host("cluster_id = \"a\"\ncluster_id = \"b\"\n"));
    assert_has(&error.to_string(), "provost.toml:2:1: duplicate key");
    let error = one_error(host("cluster_id = \n"));
    assert_eq!(error.position().line, 1);
}

#[test]
fn dotted_keys_are_bounded_before_parsing() {
    for text in [
        vec!["a"; 100_000].join(".") + " = 1",
        format!("[{}]", vec!["a"; 100_000].join(".")),
        "a = ".to_owned() + &"[".repeat(100_000),
        "a = ".to_owned() + &"{a=".repeat(100_000),
        format!("a = {{ {} = 1 }}", vec!["\"=\""; 100_000].join(".")),
    ] {
        assert_has(
            one_error(host(&text)).message(),
            "nested deeper than 64 levels",
        );
    }
    // Dots in values add up for nothing.
    let numbers = "1.5, ".repeat(100);
    assert_has(
        one_error(host(&format!("lanes = [{numbers}]\n"))).message(),
        "unknown field `lanes`",
    );
    let names: Vec<String> = (0..500)
        .map(|i| format!("\"node-{i}.example.com\""))
        .collect();
    let host = clean(host(&format!("node_names = [{}]\n", names.join(", "))));
    assert_eq!(host.node_names.len(), 500);
}

#[test]
fn explain_names_every_value_with_its_origin() {
    let text = "cluster_id = \"j-1\"\n[classes.\"a.b\"]\nlanes = 8\n";
    let host = clean(host_with(text, &[("PROVOST_NODE_NAMES", "n")]));
    let listed: Vec<String> = host
        .explain()
        .iter()
        .map(|e| format!("{} = {} ({})", e.name, e.value, e.origin))
        .collect();
    assert_eq!(
        listed,
        [
            "security_configuration = (none) (default)",
            "cluster_id = j-1 (line 1)",
            "node_names = n (PROVOST_NODE_NAMES)",
            "region = (none) (default)",
            "libraries.folders =  (default)",
            "libraries.files =  (default)",
            "libraries.needed =  (default)",
            "description.populate = false (default)",
            "description.uri = Path (default)",
            "description.cluster_id = JobflowId (default)",
            "tls.directory = /var/lib/provost/tls (default)",
            "tls.owner = (none) (default)",
            "tls.default_roots = native (default)",
            "tls.strict = false (default)",
            "transfer.window = 64MiB (default)",
            "kms.endpoint = (none) (default)",
            "kms.region = (none) (default)",
            "kms.profile = (none) (default)",
            "kms.deadline = 30s (default)",
            "kms.decrypt_keys =  (default)",
            "kms.proof = required (default)",
            "kms.allow_moved = false (default)",
            "kms.region_rule = enforce (default)",
            "s3.endpoint = (none) (default)",
            "s3.region = (none) (default)",
            "s3.path_style = (none) (default)",
            "s3.profile = (none) (default)",
            "s3.timeout = 5m (default)",
            "fetch.directory = (none) (default)",
            "classes.\"a.b\".library = (none) (default)",
            "classes.\"a.b\".sha256 = (none) (default)",
            "classes.\"a.b\".unpinned = refuse (default)",
            "classes.\"a.b\".isolation = process (default)",
            "classes.\"a.b\".deadline = 10s (default)",
            "classes.\"a.b\".lanes = 8 (line 3)",
            "classes.\"a.b\".memory = 1GiB (default)",
            "classes.\"a.b\".proof = required (default)",
        ]
    );
}
