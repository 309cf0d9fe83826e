//! Another writer replaces the object between any two requests of a command that would write it
//! anew: what that writer put is what is read afterwards.

use hyper::Method;

use crate::bucket::{Bucket, Raw};
use crate::node::{Node, Ran, bytes};
use crate::proxy::{Asked, Fault, On, Proxy};
use crate::servers::Server;

/// More requests than any of these commands makes.
pub(crate) const MOST: usize = 60;

pub(crate) const FILES: &str = "read.envelope = [\"metadata\", \"instruction-file\"]\n";
pub(crate) const TO_FILE: &str = "write.envelope = \"instruction-file\"\n";
const V2: &str = "write.format = \"V2\"\n";

/// The object and its instruction file, if it has one.
#[derive(Clone)]
struct Both {
    body: Raw,
    file: Option<Raw>,
}

impl Both {
    fn of(bucket: &Bucket, key: &str) -> Self {
        Self {
            body: bucket.get(key),
            file: bucket.find(&format!("{key}.instruction")),
        }
    }

    /// Puts it as the object `x`, in the order of every writer: the file first.
    async fn put(self, bucket: Bucket) {
        if let Some(file) = self.file {
            bucket.put_later("x.instruction", file).await;
        }
        bucket.put_later("x", self.body).await;
    }
}

pub(crate) fn about(asked: &Asked) -> bool {
    asked.path.ends_with("/x") || asked.path.ends_with("/x.instruction")
}

struct Attack {
    bucket: Bucket,
    /// How both writers write.
    policy: String,
    /// What the command finds.
    first: Both,
    first_text: Vec<u8>,
}

impl Attack {
    /// With these lines of the policy for who wrote the object, and all.
    fn new(server: Server, written: &str, lines: &str) -> Self {
        let bucket = Bucket::new(server, "replaced");
        let writer = Node::new(
            &server.endpoint(),
            &bucket.policy(&format!("{FILES}{written}")),
        );
        let first_text = bytes(1, 3000);
        writer.put(&bucket.uri("x"), &first_text).succeeded();
        let first = Both::of(&bucket, "x");
        let policy = bucket.policy(&format!("{FILES}{lines}"));
        Self {
            bucket,
            policy,
            first,
            first_text,
        }
    }

    /// What another writer has, with these lines of its policy.
    fn other(&self, lines: &str) -> (Both, Vec<u8>) {
        let policy = self.bucket.policy(&format!("{FILES}{lines}"));
        let writer = Node::new(&self.bucket.server.endpoint(), &policy);
        let text = bytes(2, 4000);
        writer.put(&self.bucket.uri("y"), &text).succeeded();
        (Both::of(&self.bucket, "y"), text)
    }

    /// Runs the command with the object replaced before each of its requests in turn.
    fn run(&self, command: &[&str], (other, text): &(Both, Vec<u8>)) {
        let proxy = Proxy::new(&self.bucket.server.endpoint());
        let node = Node::new(&proxy.endpoint(), &self.policy);
        node.rotate();
        let uri = self.bucket.uri("x");
        let command = [&["object"], command, &[uri.as_str()]].concat();
        let (mut refused, mut done) = (0, 0);
        for nth in 1..=MOST {
            self.replace_before(&proxy, nth, other);
            let ran = node.run(&command);
            let replaced = proxy.faults() > 0;
            proxy.forget();
            let read = node.get(&uri);
            println!("{command:?}, before request {nth}: {}", outcome(&ran));
            if !replaced {
                ran.succeeded();
                assert!(read.unwrap() == self.first_text);
                assert!(refused > 0 && done > 0, "{refused} refused, {done} done");
                return;
            }
            assert!(
                read.as_ref().is_ok_and(|read| read == text),
                "what was put meanwhile is lost: {read:?}, {ran:?}"
            );
            if ran.well() {
                done += 1;
            } else {
                ran.refused();
                refused += 1;
            }
        }
        panic!("it made more than {MOST} requests");
    }

    /// The object is what it was at first, and the other one before this request.
    fn replace_before(&self, proxy: &Proxy, nth: usize, other: &Both) {
        self.restore();
        proxy.forget();
        let (to, second) = (self.bucket.clone(), other.clone());
        let replace = Fault::after_doing(move || second.clone().put(to.clone()));
        proxy.on(On::request(about).nth(nth..=nth).fault(replace));
    }

    fn restore(&self) {
        self.bucket.remove("x.instruction");
        let first = self.first.clone();
        crate::proxy::runtime().block_on(first.put(self.bucket.clone()));
    }
}

fn outcome(ran: &Ran) -> String {
    let said = ran.stderr.lines().find(|line| line.starts_with("error"));
    said.unwrap_or("done").to_owned()
}

/// moto looks at `If-Match` of a put, not at that of a copy or a deletion.
const OF_PUT: [Server; 2] = [Server::Strict, Server::Lenient];

#[test]
fn by_a_writer_of_metadata_while_it_is_encrypted_anew() {
    for server in OF_PUT {
        let attack = Attack::new(server, V2, "");
        attack.run(&["reencrypt"], &attack.other(""));
    }
}

#[test]
fn by_a_writer_of_instruction_files_while_it_is_encrypted_anew() {
    for server in OF_PUT {
        let attack = Attack::new(server, &format!("{V2}{TO_FILE}"), TO_FILE);
        attack.run(&["reencrypt"], &attack.other(TO_FILE));
        attack.run(&["reencrypt"], &attack.other(&format!("{V2}{TO_FILE}")));
    }
}

#[test]
fn by_a_writer_of_the_other_place_while_it_is_encrypted_anew() {
    let attack = Attack::new(Server::Strict, V2, TO_FILE);
    attack.run(&["reencrypt"], &attack.other(""));
    let attack = Attack::new(Server::Strict, &format!("{V2}{TO_FILE}"), "");
    attack.run(&["reencrypt"], &attack.other(TO_FILE));
}

#[test]
fn by_a_writer_of_metadata_while_it_is_rewrapped() {
    for (written, to) in [
        ("", "metadata"),
        ("", "instruction-file"),
        (TO_FILE, "metadata"),
    ] {
        let attack = Attack::new(Server::Strict, written, "");
        attack.run(&["rewrap", "--to", to], &attack.other(""));
    }
}

#[test]
fn by_a_writer_of_instruction_files_while_it_is_rewrapped() {
    for (written, to) in [
        (TO_FILE, "instruction-file"),
        ("", "instruction-file"),
        (TO_FILE, "metadata"),
    ] {
        let attack = Attack::new(Server::Strict, written, TO_FILE);
        attack.run(&["rewrap", "--to", to], &attack.other(TO_FILE));
    }
}

/// Some servers refuse `If-Match` of a deletion instead of looking at it.
#[test]
fn a_server_without_conditional_deletions_loses_the_old_file_too() {
    let attack = Attack::new(Server::Strict, TO_FILE, "");
    let proxy = Proxy::new(&attack.bucket.server.endpoint());
    let node = Node::new(&proxy.endpoint(), &attack.policy);
    node.rotate();
    let uri = attack.bucket.uri("x");
    let conditional =
        |asked: &Asked| asked.method == Method::DELETE && asked.headers.contains_key("if-match");
    proxy.on(On::request(conditional).fault(Fault::Refuse(501, "NotImplemented")));
    node.run(&["object", "rewrap", "--to", "metadata", &uri])
        .succeeded();
    assert_eq!(proxy.faults(), 1);
    assert!(attack.bucket.find("x.instruction").is_none());
    assert!(node.get(&uri).unwrap() == attack.first_text);
}

/// Without a condition either may stay, and whichever does is whole: its file is beside its body.
#[test]
fn by_a_writer_of_instruction_files_while_it_is_put() {
    for server in OF_PUT {
        let attack = Attack::new(server, TO_FILE, TO_FILE);
        let (other, others) = attack.other(TO_FILE);
        let proxy = Proxy::new(&server.endpoint());
        let node = Node::new(&proxy.endpoint(), &attack.policy);
        let (uri, ours) = (attack.bucket.uri("x"), bytes(3, 2000));
        let mut kept = 0;
        for nth in 1..=MOST {
            attack.replace_before(&proxy, nth, &other);
            node.put(&uri, &ours).succeeded();
            let replaced = proxy.faults() > 0;
            proxy.forget();
            let read = node
                .get(&uri)
                .unwrap_or_else(|ran| panic!("request {nth}: {ran:?}"));
            assert!(read == ours || replaced && read == others, "request {nth}");
            kept += usize::from(replaced && read == ours);
            if !replaced {
                assert!(kept > 3, "only {kept} times the put came last");
                break;
            }
            assert!(nth < MOST, "it made more than {MOST} requests");
        }
    }
}
