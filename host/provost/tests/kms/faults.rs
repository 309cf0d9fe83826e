//! A server in front of KMS that can fail: it answers instead of KMS as often as it is told, and
//! remembers who asked for what.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::server::endpoint;

/// What happens to a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// It goes to KMS, after this long.
    Slow(Duration),
    /// An answer of KMS's form, with this status and error code.
    Answer(u16, &'static str),
    /// The connection ends without an answer.
    Close,
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) operation: String,
    pub(crate) access_key: String,
    pub(crate) region: String,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Script(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    faults: VecDeque<Fault>,
    always: Option<Fault>,
    seen: Vec<Seen>,
}

/// The server; it lasts as long as the test process.
pub(crate) struct Proxy {
    pub(crate) url: String,
    script: Script,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let script = Script::default();
        let shared = script.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let script = shared.clone();
                std::thread::spawn(move || {
                    let _ = serve(connection, &script);
                });
            }
        });
        Self { url, script }
    }

    /// The next requests fail so, one after the other.
    pub(crate) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.script.0.lock().unwrap().faults.extend(faults);
    }

    /// Each request fails so from now on.
    pub(crate) fn always(&self, fault: Option<Fault>) {
        self.script.0.lock().unwrap().always = fault;
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.script.0.lock().unwrap().seen.clone()
    }

    pub(crate) fn count(&self, operation: &str) -> usize {
        let seen = self.seen();
        seen.iter().filter(|s| s.operation == operation).count()
    }
}

fn serve(mut client: TcpStream, script: &Script) -> io::Result<()> {
    let (head, body) = read_request(&mut client)?;
    let seen = Seen::of(&head);
    let fault = {
        let mut state = script.0.lock().unwrap();
        state.seen.push(seen);
        state.faults.pop_front().or_else(|| state.always)
    };
    match fault {
        Some(Fault::Close) => return Ok(()),
        Some(Fault::Answer(status, code)) => {
            let body = format!("{{\"__type\":\"{code}\",\"message\":\"as the test wants it\"}}");
            return write!(
                client,
                "HTTP/1.1 {status} No\r\ncontent-type: application/x-amz-json-1.1\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
        Some(Fault::Slow(by)) => std::thread::sleep(by),
        None => {}
    }
    let mut server = TcpStream::connect(endpoint().trim_start_matches("http://"))?;
    // One request for a connection, so that its end is the end of the answer.
    let head: Vec<&str> = head
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:") && !line.is_empty())
        .collect();
    write!(server, "{}\r\nConnection: close\r\n\r\n", head.join("\r\n"))?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    let end = answer.windows(2).position(|w| w == b"\r\n").unwrap_or(0);
    client.write_all(answer.get(..end).unwrap_or_default())?;
    client.write_all(b"\r\nConnection: close")?;
    let rest = String::from_utf8_lossy(answer.get(end..).unwrap_or_default()).into_owned();
    client.write_all(rest.replacen("\r\nConnection: close", "", 1).as_bytes())
}

fn read_request(client: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = header(&head, "content-length").parse().unwrap_or(0);
            let mut body = bytes.split_off(end + 4);
            while body.len() < length {
                let read = client.read(&mut buffer)?;
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                body.extend_from_slice(&buffer[..read]);
            }
            return Ok((head, body));
        }
        let read = client.read(&mut buffer)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..read]);
    }
}

fn header(head: &str, name: &str) -> String {
    let found = head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    });
    found.unwrap_or_default()
}

impl Seen {
    fn of(head: &str) -> Self {
        let target = header(head, "x-amz-target");
        let authorization = header(head, "authorization");
        let credential = authorization
            .split_once("Credential=")
            .map_or("", |(_, rest)| rest);
        let mut scope = credential.split('/');
        Self {
            operation: target.rsplit('.').next().unwrap_or_default().to_owned(),
            access_key: scope.next().unwrap_or_default().to_owned(),
            region: scope.nth(1).unwrap_or_default().to_owned(),
        }
    }
}
