//! What is in an entry.

use flate2::{Crc, Decompress, FlushDecompress, Status};
use zeroize::Zeroizing;

use super::directory::Entry;

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;

/// The bytes of an entry, in wiped memory of the exact size that the directory gives it.
///
/// The size has been checked against the limits; nothing beyond it is inflated, so an archive that
/// lies costs no more than one that does not. An entry is refused if its compressed data
/// ends before the entry does: a reader that walks the headers would go on from there.
///
/// The decoder is that of the `zip` crate, asked directly: the crate does not say where the
/// compressed data ends, and what it inflates stays in buffers that nobody wipes.
pub(super) fn read(entry: &Entry<'_>) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut bytes = Zeroizing::new(vec![0; entry.size]);
    if entry.method == DEFLATED {
        inflate(entry.data, &mut bytes)?;
    } else if entry.data.len() == bytes.len() {
        bytes.copy_from_slice(entry.data);
    } else {
        let (stored, size) = (entry.data.len(), entry.size);
        return Err(format!("is stored in {stored} bytes, expected {size}"));
    }
    let mut crc = Crc::new();
    crc.update(&bytes);
    if crc.sum() != entry.crc {
        let (got, expected) = (crc.sum(), entry.crc);
        return Err(format!(
            "has the checksum {got:08x}, expected {expected:08x}"
        ));
    }
    Ok(bytes)
}

fn inflate(data: &[u8], bytes: &mut [u8]) -> Result<(), String> {
    let size = bytes.len() as u64;
    let mut decoder = Decompress::new(false);
    let status = decoder.decompress(data, bytes, FlushDecompress::Finish);
    let (read, written) = (decoder.total_in(), decoder.total_out());
    overwrite(&mut decoder);
    match status {
        Ok(Status::StreamEnd) if written < size => {
            Err(format!("inflates to {written} bytes, expected {size}"))
        }
        Ok(Status::StreamEnd) if read < data.len() as u64 => Err(format!(
            "its compressed data ends after {read} bytes, expected {}",
            data.len()
        )),
        Ok(Status::StreamEnd) => Ok(()),
        Ok(_) if written == size => Err(format!("does not end after {size} bytes, as expected")),
        Ok(_) => Err(format!("is cut short: {written} bytes of {size}")),
        Err(_) => Err(format!(
            "its compressed data is damaged behind {written} bytes"
        )),
    }
}

/// The decoder keeps the last 32 KiB that it inflated, and does not wipe them: zeros, as one
/// stored block (RFC 1951, section 3.2.4), push them out.
fn overwrite(decoder: &mut Decompress) {
    const LENGTH: usize = 0xffff;
    let mut block = vec![0; LENGTH + 5];
    if let Some(header) = block.first_chunk_mut() {
        *header = [1, 0xff, 0xff, 0, 0];
    }
    decoder.reset(false);
    let mut zeros = vec![0; LENGTH];
    // Whether it succeeds changes nothing for the caller.
    let _ = decoder.decompress(&block, &mut zeros, FlushDecompress::Finish);
}
