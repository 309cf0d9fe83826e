//! Classes that talk too much.

use std::io::{Write, stdout};

use provost_plugin_api::{ClassContext, ErrorKind, ProviderError, RawMaterials};

use crate::hostile::Misbehaviour;

pub(crate) struct NoisyError;

impl Misbehaviour for NoisyError {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, _: RawMaterials) -> Result<RawMaterials, ProviderError> {
        Err(noisy_error())
    }
}

pub(crate) struct FloodStdout(u64);

impl Misbehaviour for FloodStdout {
    fn start(context: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self(context.conf().u64("bytes")?.unwrap_or(16 << 20)))
    }

    fn spoil(&self, good: RawMaterials) -> Result<RawMaterials, ProviderError> {
        let line: &[u8] = b"the host's log is mine, mine, mine, mine, mine, mine\n";
        let mut out = stdout().lock();
        let mut left = self.0;
        while left > 0 {
            let part = line.get(..usize::try_from(left).unwrap_or(usize::MAX));
            let part = part.unwrap_or(line);
            if out.write_all(part).is_err() {
                break;
            }
            left = left.saturating_sub(part.len() as u64);
        }
        let _ = out.flush();
        Ok(good)
    }
}

/// An error of 1 MiB full of control characters and ANSI escapes.
pub(crate) fn noisy_error() -> ProviderError {
    let noise = "\u{1b}[2J\u{1b}[31mred\u{7}\u{8}\r\n\0\u{9b}1m\u{202e}";
    let message = noise.repeat((1 << 20) / noise.len());
    ProviderError::new(ErrorKind::Denied, message)
}
