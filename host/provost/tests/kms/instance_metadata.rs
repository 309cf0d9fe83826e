//! Instance metadata of the second version with one role. Moto's does not say how long its tokens live, and
//! the SDK refuses such tokens.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

const TOKEN: &str = "a-session-token";
const ROLES: &str = "GET /latest/meta-data/iam/security-credentials/";

/// Starts it for as long as the test process lasts; `access_key` is the role's.
pub(crate) fn start(access_key: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let _ = serve(connection, access_key);
        }
    });
    url
}

fn serve(mut client: TcpStream, access_key: &str) -> io::Result<()> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while !bytes.windows(4).any(|w| w == b"\r\n\r\n") {
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let line = head.lines().next().unwrap_or_default();
    let has_token = head.contains(&format!("x-aws-ec2-metadata-token: {TOKEN}"));
    let role = format!(
        r#"{{"Code":"Success","LastUpdated":"2026-01-01T00:00:00Z","Type":"AWS-HMAC",
        "AccessKeyId":"{access_key}","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}}"#
    );
    let (status, more, body) = if line.starts_with("PUT /latest/api/token") {
        (
            "200 OK",
            "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n",
            TOKEN,
        )
    } else if !has_token {
        ("401 Unauthorized", "", "")
    } else if line.starts_with(&format!("{ROLES}writer ")) {
        ("200 OK", "", role.as_str())
    } else if line.starts_with(&format!("{ROLES} ")) {
        ("200 OK", "", "writer")
    } else {
        ("404 Not Found", "", "")
    };
    write!(
        client,
        "HTTP/1.1 {status}\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
