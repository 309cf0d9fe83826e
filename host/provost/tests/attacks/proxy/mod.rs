//! A proxy in front of a real server that does one thing wrong where a rule says so.
//!
//! Requests are passed on as they came, with their `Host`: a signature over them still holds,
//! since it is the name that the client used. What was asked is recorded.

mod fault;
mod record;
mod rule;
mod wire;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

pub(crate) use fault::Fault;
pub(crate) use record::Asked;
pub(crate) use rule::On;
pub(crate) use wire::UPPER;

use fault::Answer;
use wire::{Reset, Wire};

/// What goes back to the client.
type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// A running proxy; dropping it closes its port.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: tokio::task::JoinHandle<()>,
}

struct Shared {
    server: String,
    client: Client<HttpConnector, Full<Bytes>>,
    rules: Mutex<Vec<On>>,
    record: Mutex<Vec<Asked>>,
}

/// Where proxies and the requests that tests make themselves run.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
    })
}

impl Proxy {
    /// A proxy without rules in front of `endpoint`, such as `http://127.0.0.1:9000`.
    pub(crate) fn new(endpoint: &str) -> Self {
        let shared = Arc::new(Shared {
            server: endpoint.trim_end_matches('/').to_owned(),
            client: Client::builder(TokioExecutor::new())
                // A connection that the server closes meanwhile would be a fault of its own.
                .pool_max_idle_per_host(0)
                .build_http(),
            rules: Mutex::default(),
            record: Mutex::default(),
        });
        let listener = runtime()
            .block_on(TcpListener::bind(("127.0.0.1", 0)))
            .unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = runtime().spawn(accept(listener, Arc::clone(&shared)));
        Self {
            address,
            shared,
            accepting,
        }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a rule. What is to be done first is done for all that fit a request; of the others,
    /// the one added last holds.
    pub(crate) fn on(&self, rule: On) {
        self.shared.rules.lock().unwrap().push(rule);
    }

    /// No more rules, and an empty record.
    pub(crate) fn forget(&self) {
        self.shared.rules.lock().unwrap().clear();
        self.shared.record.lock().unwrap().clear();
    }

    /// What was asked so far, in the order in which it came.
    pub(crate) fn record(&self) -> Vec<Asked> {
        self.shared.record.lock().unwrap().clone()
    }

    /// How often a rule's fault happened, all rules together.
    pub(crate) fn faults(&self) -> usize {
        self.record().iter().filter(|asked| asked.fault).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        tokio::spawn(serve(stream, Arc::clone(&shared)));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let reset = Reset::default();
    let wire = Wire::new(stream, reset.clone());
    let service = service_fn(move |request| {
        let (shared, reset) = (Arc::clone(&shared), reset.clone());
        async move { handle(request, &shared, &reset).await }
    });
    // Whatever ends a connection is either a fault of ours or the client's wish.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(wire), service)
        .await;
}

async fn handle(
    request: Request<Incoming>,
    shared: &Shared,
    reset: &Reset,
) -> Result<Response<Body>, std::io::Error> {
    let (head, body) = request.into_parts();
    // A client that was killed has sent a part of it.
    let body = body
        .collect()
        .await
        .map_err(std::io::Error::other)?
        .to_bytes();
    let mut asked = Asked::new(&head, &body);
    let faults: Vec<Arc<Fault>> = {
        let mut rules = shared.rules.lock().unwrap();
        rules
            .iter_mut()
            .filter_map(|rule| rule.due(&asked))
            .collect()
    };
    asked.fault = !faults.is_empty();
    let number = {
        let mut record = shared.record.lock().unwrap();
        record.push(asked);
        record.len() - 1
    };
    let note = |status: StatusCode| {
        // The record may have been forgotten meanwhile.
        if let Some(asked) = shared.record.lock().unwrap().get_mut(number) {
            asked.status = Some(status.as_u16());
        }
    };
    for fault in &faults {
        fault.first().await;
    }
    let none = Arc::new(Fault::None);
    let fault = faults
        .iter()
        .rfind(|fault| fault.decides())
        .unwrap_or(&none);
    let answer = match fault.instead() {
        Answer::PassOn => pass_on(head, fault.sent(body), shared).await,
        Answer::Instead(answer) => answer,
        Answer::Reset => return Err(reset.now()),
    };
    note(answer.status());
    fault.after(answer, reset)
}

/// The server's whole answer.
async fn pass_on(
    mut head: hyper::http::request::Parts,
    body: Bytes,
    shared: &Shared,
) -> Response<Bytes> {
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = Uri::try_from(format!("{}{path}", shared.server)).unwrap();
    for of_the_connection in [CONNECTION, EXPECT, TRANSFER_ENCODING] {
        head.headers.remove(of_the_connection);
    }
    assert!(head.headers.contains_key(HOST), "the signature covers it");
    let has_length = head.headers.contains_key(CONTENT_LENGTH) || body.is_empty();
    assert!(has_length, "S3 takes no body of unknown length");
    let request = Request::from_parts(head, Full::new(body));
    let answered = async {
        let (mut head, body) = shared.client.request(request).await.ok()?.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        head.headers.remove(TRANSFER_ENCODING);
        head.headers.remove(CONNECTION);
        Some(Response::from_parts(head, body))
    };
    answered.await.unwrap_or_else(|| {
        let mut broken = Response::new(Bytes::from("the server behind the proxy does not answer"));
        *broken.status_mut() = StatusCode::BAD_GATEWAY;
        broken
    })
}

/// A body that is sent at once.
fn whole(bytes: Bytes) -> Body {
    Full::new(bytes)
        .map_err(|never: Infallible| match never {})
        .boxed_unsync()
}
