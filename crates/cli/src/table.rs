//! How tables look: as wide as the terminal, or of a fixed width where there is none.

use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};

/// The width of a table that goes to a file or another program.
const WIDTH_WITHOUT_TERMINAL: u16 = 140;

/// An empty table with this header.
pub(crate) fn new<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_none() {
        table.set_width(WIDTH_WITHOUT_TERMINAL);
    }
    table.set_header(header);
    table
}
