//! What goes wrong has a name, and names what it is about.

use bytes::Bytes;
use provost::store::{Metadata, ObjectStoreExt, ObjectUri, StoreError, Stores};
use std::sync::Arc;

use crate::rig::{Rig, Server, configuration, sdk};

fn get_error(rig: &Rig, stores: &Stores, uri: &ObjectUri) -> StoreError {
    let store = stores.open(uri).unwrap();
    rig.wait(store.get(uri)).map(drop).unwrap_err()
}

#[test]
fn a_missing_bucket_is_not_a_missing_object() {
    for server in Server::ALL {
        let rig = Rig::new(server);
        let stores = Stores::new(&rig.host);
        let uri: ObjectUri = "s3://no-such-bucket-of-ours/object".parse().unwrap();
        let error = get_error(&rig, &stores, &uri);
        assert!(
            matches!(error, StoreError::NoBucket { .. }),
            "{server:?}: {error:?}"
        );
        assert!(error.to_string().contains("no-such-bucket-of-ours"));
        let listed = rig.wait(stores.open(&uri).unwrap().list_all(&(&uri).into()));
        let error = listed.unwrap_err();
        assert!(
            matches!(error, StoreError::NoBucket { .. }),
            "{server:?}: {error:?}"
        );
        let store = stores.open(&uri).unwrap();
        let put = rig.wait(store.put_bytes(&uri, Metadata::new(), Bytes::new()));
        let error = put.unwrap_err();
        assert!(
            matches!(error, StoreError::NoBucket { .. }),
            "{server:?}: {error:?}"
        );
    }
}

#[test]
fn a_region_that_is_not_the_servers_is_named_as_such() {
    let rig = Rig::new(Server::Strict);
    let wrong = format!(
        "[s3]\nendpoint = \"{}\"\npath_style = true\nregion = \"eu-west-9\"\n",
        Server::Strict.endpoint()
    );
    let stores = Stores::new(&Arc::new(configuration(&wrong)));
    let error = get_error(&rig, &stores, &rig.uri("x"));
    let words = error.to_string();
    for word in [&rig.bucket, "eu-west-9", "us-east-1"] {
        assert!(words.contains(word), "{words}");
    }
}

#[test]
fn a_server_that_is_not_there_is_unavailable() {
    let rig = Rig::new(Server::Moto);
    // Bound and never listening: nothing else can get the port meanwhile.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let text = format!(
        "[s3]\nendpoint = \"http://127.0.0.1:{port}\"\npath_style = true\nregion = \"us-east-1\"\n"
    );
    let stores = Stores::new(&Arc::new(configuration(&text)));
    let error = get_error(&rig, &stores, &rig.uri("x"));
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert!(error.hint().unwrap().contains("endpoint"));
}

#[test]
fn metadata_that_would_come_back_changed_is_refused() {
    let rig = Rig::new(Server::Moto);
    let metadata = Metadata::try_from(vec![("a", "ä")]).unwrap();
    let put = rig.wait(rig.store.put_bytes(&rig.uri("x"), metadata, Bytes::new()));
    let error = put.unwrap_err();
    assert!(matches!(error, StoreError::Metadata { .. }), "{error:?}");
}

#[test]
fn settings_of_a_bucket_win_over_those_of_all() {
    let rig = Rig::new(Server::Moto);
    let text = format!(
        "[s3]\nendpoint = \"http://127.0.0.1:1\"\nregion = \"us-east-1\"\n\
         [s3.buckets.\"{}\"]\nendpoint = \"{}\"\npath_style = true\n",
        rig.bucket,
        Server::Moto.endpoint()
    );
    let stores = Stores::new(&Arc::new(configuration(&text)));
    let uri = rig.uri("x");
    let store = stores.open(&uri).unwrap();
    rig.wait(store.put_bytes(&uri, Metadata::new(), Bytes::from_static(b"x")))
        .unwrap();
    let seen = sdk(Server::Moto, "us-east-1");
    rig.wait(seen.head_object().bucket(&rig.bucket).key("x").send())
        .unwrap();
}
