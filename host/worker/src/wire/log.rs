//! Log lines: packets of one byte for the level, then text.

use provost_plugin_api::Level;

/// The longest packet, in bytes; more of a line is cut off.
pub(crate) const PACKET_LIMIT: usize = 4096;

const LEVELS: [Level; 4] = [Level::Debug, Level::Info, Level::Warn, Level::Error];

pub(crate) fn packet(level: Level, text: &str) -> Vec<u8> {
    let number = LEVELS.iter().position(|known| *known == level);
    let number = number.and_then(|number| u8::try_from(number).ok());
    let mut packet = vec![number.unwrap_or(1)];
    packet.extend(text.bytes().take(PACKET_LIMIT - 1));
    packet
}

/// The level, informative where unknown, and the text, which may be anything.
pub(crate) fn parse(packet: &[u8]) -> Option<(Level, &[u8])> {
    let (&number, text) = packet.split_first()?;
    let level = LEVELS.get(usize::from(number)).copied();
    Some((level.unwrap_or(Level::Info), text))
}
