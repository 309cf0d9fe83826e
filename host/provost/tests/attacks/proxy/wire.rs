//! The connection to the client, which can be reset instead of closed.

use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Turns the end of a connection into a reset.
#[derive(Debug, Clone, Default)]
pub(super) struct Reset(Arc<AtomicBool>);

impl Reset {
    /// The connection ends by a reset; the error is what ends it.
    pub(super) fn now(&self) -> io::Error {
        self.0.store(true, Ordering::SeqCst);
        io::Error::from(io::ErrorKind::ConnectionReset)
    }
}

pub(super) struct Wire {
    stream: TcpStream,
    reset: Reset,
}

/// How the names of headers begin that shall be in upper case on the wire, as `X-AMZ-`: the
/// library writes all names in lower case.
pub(crate) const UPPER: &str = "q-amz-";
const UPPER_ON_THE_WIRE: &[u8] = b"X-AMZ-";

impl Wire {
    pub(super) fn new(stream: TcpStream, reset: Reset) -> Self {
        Self { stream, reset }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.0.load(Ordering::SeqCst) {
            // Without lingering, the kernel sends a reset and forgets what was not sent.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut bytes = Cow::Borrowed(bytes);
        while let Some(at) = find(&bytes, UPPER.as_bytes()) {
            let name = &mut bytes.to_mut()[at..];
            name[..UPPER.len()].copy_from_slice(UPPER_ON_THE_WIRE);
        }
        Pin::new(&mut self.stream).poll_write(context, &bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.0.load(Ordering::SeqCst) {
            // An orderly end would come first otherwise.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|some| some == what)
}
