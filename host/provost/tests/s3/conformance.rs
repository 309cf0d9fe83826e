//! What every store must do.

use provost_conformance::stores;

use crate::rig::{Rig, Server};

fn check(server: Server, except: &[&str]) {
    let rig = Rig::new(server);
    let under = format!("s3://{}/some/folder", rig.bucket).parse().unwrap();
    rig.wait(stores::all_except(&*rig.store, &under, except));
}

#[test]
fn moto_conforms() {
    // Moto takes no notice of If-Match in a deletion, and stores an object before its metadata.
    let except = ["delete_if_match", "readers_never_see_a_mixture"];
    check(Server::Moto, &except);
}

#[test]
fn the_strict_server_conforms() {
    check(Server::Strict, &[]);
}
