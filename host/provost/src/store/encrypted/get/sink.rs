//! Where verified plaintext goes.

use std::io::Write;

use crate::store::VerifiedFile;
use crate::store::encrypted::ObjectError;

pub(in crate::store::encrypted) trait Sink: Send + 'static {
    fn write(&mut self, plaintext: &[u8]) -> Result<(), ObjectError>;
    fn flush(&mut self) -> Result<(), ObjectError>;
}

pub(in crate::store::encrypted) struct FileSink(pub(in crate::store::encrypted) VerifiedFile);

impl Sink for FileSink {
    fn write(&mut self, plaintext: &[u8]) -> Result<(), ObjectError> {
        Ok(self.0.write_all(plaintext)?)
    }

    fn flush(&mut self) -> Result<(), ObjectError> {
        Ok(())
    }
}

pub(in crate::store::encrypted) struct WriterSink<W>(pub(in crate::store::encrypted) W);

impl<W: Write + Send + 'static> Sink for WriterSink<W> {
    fn write(&mut self, plaintext: &[u8]) -> Result<(), ObjectError> {
        self.0.write_all(plaintext).map_err(ObjectError::Sink)
    }

    fn flush(&mut self) -> Result<(), ObjectError> {
        self.0.flush().map_err(ObjectError::Sink)
    }
}
