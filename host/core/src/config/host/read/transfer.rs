//! `[transfer]`.

use super::Reader;
use crate::config::document::Table;
use crate::config::host::transfer::TransferSettings;
use crate::config::quantity::ByteSize;

impl Reader<'_> {
    pub(super) fn transfer(&self, table: Option<Table<'_>>) -> TransferSettings {
        let mut settings = TransferSettings::with_defaults();
        let Some(mut table) = table else {
            return settings;
        };
        if let Some(window) = table.parsed("window", WINDOW_HINT, parse_window) {
            settings.window = self.setting(window);
        }
        table.finish(&[]);
        settings
    }
}

const WINDOW_HINT: &str = "write a size from 16MiB to 16GiB, as in 64MiB";

fn parse_window(text: &str) -> Result<ByteSize, String> {
    const LEAST: ByteSize = TransferSettings::MIN_WINDOW;
    const MOST: ByteSize = TransferSettings::MAX_WINDOW;
    let window = ByteSize::parse(text).map_err(|error| error.to_string())?;
    if !(LEAST..=MOST).contains(&window) {
        return Err(format!("not between {LEAST} and {MOST}"));
    }
    Ok(window)
}
