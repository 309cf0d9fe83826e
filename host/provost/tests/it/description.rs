//! What the host tells a provider about an object, and what is stored of it.

use provost::store::encrypted::Stored;
use provost_core::config::Isolation;
use provost_plugin_api::MaterialsDescription;

use crate::rig::{Rig, Setup, in_both_modes, says};

fn echo(isolation: Isolation, top: &str, tables: &str) -> Rig {
    Setup::new("Echo", isolation)
        .top(top)
        .tables(tables)
        .build()
}

/// What `Echo` was asked, as the stored description tells it.
fn entries(stored: &Stored) -> Vec<(&str, &str)> {
    stored.description.iter().collect()
}

#[test]
fn a_description_is_not_populated_unless_configured() {
    in_both_modes(|isolation| {
        let rig = echo(isolation, "cluster_id = \"j-1\"", "");
        let stored = rig.put("memory://m/x", b"text").unwrap();
        // The facts travel as attributes all the same.
        let expected = [
            ("attribute-cluster", "j-1"),
            ("attribute-uri", "memory://m/x"),
        ];
        assert_eq!(entries(&stored), expected);
        assert_eq!(rig.get("memory://m/x").unwrap(), b"text");
    });
}

#[test]
fn a_description_is_populated_with_uri_and_cluster_under_the_names_of_emrfs() {
    in_both_modes(|isolation| {
        let rig = echo(
            isolation,
            "cluster_id = \"j-1\"",
            "[description]\npopulate = true",
        );
        let stored = rig.put("memory://m/x", b"text").unwrap();
        let expected = [
            ("JobflowId", "j-1"),
            ("Path", "memory://m/x"),
            ("attribute-cluster", "j-1"),
            ("attribute-uri", "memory://m/x"),
        ];
        assert_eq!(entries(&stored), expected);
        assert_eq!(rig.get("memory://m/x").unwrap(), b"text");
    });
}

#[test]
fn without_a_cluster_id_there_is_no_entry_for_it() {
    in_both_modes(|isolation| {
        let tables = "[description]\npopulate = true\nuri = \"where\"\ncluster_id = \"who\"";
        let rig = echo(isolation, "", tables);
        let stored = rig.put("memory://m/x", b"text").unwrap();
        let expected = [("attribute-uri", "memory://m/x"), ("where", "memory://m/x")];
        assert_eq!(entries(&stored), expected);
        let rig = echo(isolation, "cluster_id = \"j-2\"", tables);
        let stored = rig.put("memory://m/x", b"text").unwrap();
        assert_eq!(stored.description.get("who"), Some("j-2"));
        assert_eq!(rig.get("memory://m/x").unwrap(), b"text");
    });
}

#[test]
fn the_description_that_is_stored_is_the_returned_one() {
    in_both_modes(|isolation| {
        // `Good` ignores what it is asked and answers with its own.
        let rig = Setup::new("Good", isolation)
            .tables("[description]\npopulate = true")
            .build();
        let stored = rig.put("memory://m/x", b"text").unwrap();
        assert_eq!(entries(&stored), [("k", "1")]);
        let (head, _) = rig.stored("memory://m/x");
        assert_eq!(head.metadata.get("x-amz-m"), Some(r#"{"k":"1"}"#));
        let expected = MaterialsDescription::new().with("k", "1");
        let inspection = rig.inspect("memory://m/x").unwrap();
        assert_eq!(inspection.envelope.description, Some(expected));
    });
}

#[test]
fn decryption_is_asked_about_the_object_that_is_read() {
    in_both_modes(|isolation| {
        let rig = echo(isolation, "", "");
        rig.put("memory://m/x", b"text").unwrap();
        let (head, body) = rig.stored("memory://m/x");
        // A copy elsewhere: the host says where it is, whatever the description says.
        rig.store("memory://m/y", head.metadata, body);
        let error = rig.get("memory://m/y").unwrap_err();
        let words =
            "attribute-uri was Some(\"memory://m/x\") at encryption and is Some(\"memory://m/y\")";
        says(&error, &["`provost.hostile.Echo`", words]);
    });
}
