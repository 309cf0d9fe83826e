//! An upload in parts that is gone when it is to be completed, over an object that has its envelope
//! in an instruction file: an old body opens with its old file only, and a new one with the new.

use std::sync::atomic::{AtomicBool, Ordering};

use hyper::Method;

use crate::bucket::Bucket;
use crate::node::{Node, Ran, bytes};
use crate::proxy::{Asked, Fault, On, Proxy};
use crate::servers::{BOTH, Server};

/// More than a part.
const LARGE: usize = 9 << 20;

/// An object that another one is to replace.
struct Attack {
    bucket: Bucket,
    proxy: Proxy,
    attacked: Node,
    direct: Node,
    uri: String,
    former: Vec<u8>,
}

impl Attack {
    fn new(server: Server, format: &str) -> Self {
        println!("{server:?}, {format}");
        let bucket = Bucket::new(server, "lost-uploads");
        let tables = bucket.policy(&format!(
            "write.format = \"{format}\"\nwrite.envelope = \"instruction-file\"\n\
             read.envelope = [\"metadata\", \"instruction-file\"]"
        ));
        let proxy = Proxy::new(&server.endpoint());
        let attack = Self {
            attacked: Node::new(&proxy.endpoint(), &tables),
            direct: Node::new(&server.endpoint(), &tables),
            uri: bucket.uri("x"),
            former: bytes(1, LARGE),
            bucket,
            proxy,
        };
        attack.direct.put(&attack.uri, &attack.former).succeeded();
        attack
    }

    fn file(&self) -> Vec<u8> {
        self.bucket.get("x.instruction").body
    }

    fn text(&self) -> Vec<u8> {
        self.direct.get(&self.uri).unwrap()
    }

    /// The server completes the upload, and the client learns nothing of it: the answer is lost,
    /// the upload is gone when it asks again, and the object cannot be looked at from then on.
    fn lose_the_answer(&self) {
        let complete = || On::complete("x");
        self.proxy.on(complete().once().fault(Fault::ResetAfter));
        let gone = Fault::Refuse(404, "NoSuchUpload");
        self.proxy.on(complete().nth(2..=usize::MAX).fault(gone));
        let completed = AtomicBool::new(false);
        let look = On::request(move |asked| {
            if is_completion(asked) {
                completed.store(true, Ordering::SeqCst);
            }
            let look = asked.method == Method::HEAD && asked.path.ends_with("/x");
            look && completed.load(Ordering::SeqCst)
        });
        self.proxy.on(look.fault(Fault::Refuse(503, "SlowDown")));
    }

    /// What was asked, and that nothing was said of which nobody could know.
    fn in_doubt(&self, ran: &Ran) {
        ran.refused();
        assert!(ran.stderr.contains(&self.uri), "{ran:?}");
        for claim in ["changed", "condition", "already exists"] {
            assert!(!ran.stderr.contains(claim), "{claim:?}: {ran:?}");
        }
        let record = self.proxy.record();
        let completions = record.iter().filter(|asked| is_completion(asked));
        assert!(completions.count() >= 2, "it was not asked again");
        let looks = record
            .iter()
            .filter(|asked| asked.method == Method::HEAD && asked.status == Some(503));
        assert!(looks.count() >= 1, "nobody looked");
    }
}

fn is_completion(asked: &Asked) -> bool {
    asked.method == Method::POST && asked.parameter("uploadId").is_some()
}

#[test]
fn an_upload_that_somebody_else_gave_up_leaves_the_former_object() {
    for server in BOTH {
        for format in ["V2", "V3"] {
            let attack = Attack::new(server, format);
            let file = attack.file();
            let bucket = attack.bucket.clone();
            let abort = Fault::after_doing(move || {
                let bucket = bucket.clone();
                async move {
                    let list = bucket.client.list_multipart_uploads().bucket(&bucket.name);
                    let listed = list.send().await.unwrap();
                    let [upload] = listed.uploads() else {
                        panic!("not one upload: {listed:?}");
                    };
                    let abort = bucket.client.abort_multipart_upload();
                    let abort = abort.bucket(&bucket.name).key("x");
                    let abort = abort.set_upload_id(upload.upload_id().map(ToOwned::to_owned));
                    abort.send().await.unwrap();
                }
            });
            attack.proxy.on(On::complete("x").once().fault(abort));
            // As S3 answers. Of these servers, one says 500, and the other 200 with nothing done.
            let gone = Fault::Refuse(404, "NoSuchUpload");
            attack.proxy.on(On::complete("x").fault(gone));
            // Of the same size, so that only what is inside tells them apart.
            let ran = attack.attacked.put(&attack.uri, &bytes(2, LARGE));
            assert_eq!(attack.proxy.faults(), 1, "{ran:?}");
            ran.refused();
            assert!(ran.stderr.contains(&attack.uri), "{ran:?}");
            assert!(attack.file() == file, "not the file of the former object");
            assert!(attack.text() == attack.former, "other bytes");
        }
    }
}

#[test]
fn a_put_whose_answer_is_lost_keeps_the_new_file_beside_the_new_body() {
    for server in BOTH {
        for format in ["V2", "V3"] {
            let attack = Attack::new(server, format);
            let file = attack.file();
            attack.lose_the_answer();
            let new = bytes(2, LARGE);
            let ran = attack.attacked.put(&attack.uri, &new);
            attack.in_doubt(&ran);
            assert!(attack.file() != file, "the former file was put back");
            assert!(attack.text() == new, "other bytes");
        }
    }
}

#[test]
fn a_reencryption_whose_answer_is_lost_does_not_say_that_the_object_was_changed() {
    for server in BOTH {
        let attack = Attack::new(server, "V3");
        let file = attack.file();
        attack.lose_the_answer();
        let ran = attack
            .attacked
            .run(&["object", "reencrypt", "--all", &attack.uri]);
        attack.in_doubt(&ran);
        assert!(attack.file() != file, "the former file was put back");
        assert!(attack.text() == attack.former, "other bytes");
    }
}

#[test]
fn an_instruction_file_whose_answer_is_lost_is_known_again() {
    for server in BOTH {
        for fault in [Fault::ResetAfter, Fault::RefuseAfter(500, "InternalError")] {
            let attack = Attack::new(server, "V3");
            let file = attack.file();
            let put = On::put("x.instruction").once();
            attack.proxy.on(put.fault(fault));
            let command = ["object", "reencrypt", "--all", &attack.uri];
            attack.attacked.run(&command).succeeded();
            assert_eq!(attack.proxy.faults(), 1);
            assert!(attack.file() != file, "the former file is still there");
            assert!(attack.text() == attack.former, "other bytes");
        }
    }
}
