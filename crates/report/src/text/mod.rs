//! The report on a terminal.

mod facts;
mod head;
mod proof;

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

pub(crate) use facts::{severities, system_calls};
pub(crate) use head::base;

use crate::{Report, shown, table};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();

/// The report for a terminal that many columns wide, with colours as ANSI sequences: a stream that is no terminal
/// must strip them.
#[must_use]
pub fn text(report: &Report, columns: usize) -> String {
    let columns = columns.clamp(40, 200);
    let mut page = Page { out: String::new(), columns };
    head::image(&mut page, report);
    head::sizes(&mut page, report);
    facts::packages(&mut page, report);
    facts::vulnerabilities(&mut page, report);
    proof::checks(&mut page, report);
    proof::steps(&mut page, report);
    proof::repairs(&mut page, report);
    facts::settings(&mut page, report);
    facts::controls(&mut page, report);
    facts::remarks(&mut page, report);
    facts::stages(&mut page, report);
    proof::verdict(&mut page, report);
    page.out
}

/// What is drawn so far.
struct Page {
    out: String,
    columns: usize,
}

impl Page {
    /// A heading after an empty line, with a remark beside it.
    fn heading(&mut self, title: &str, remark: &str) {
        let space = if remark.is_empty() { "" } else { "  " };
        let _ = writeln!(self.out, "\n{BOLD}{title}{BOLD:#}{space}{DIM}{}{DIM:#}", shown::plain(remark));
    }

    /// A paragraph, its first line led by `mark`.
    fn item(&mut self, mark: &str, style: Style, text: &str) {
        let indent = mark.chars().count() + 3;
        let lines = table::wrap(&shown::plain(text), self.columns.saturating_sub(indent));
        for (at, line) in lines.iter().enumerate() {
            if at == 0 {
                let _ = writeln!(self.out, "  {style}{mark}{style:#} {line}");
            } else {
                let _ = writeln!(self.out, "{}{line}", " ".repeat(indent));
            }
        }
    }

    fn table(&mut self, table: &table::Table) {
        let drawn = table.draw(2, self.columns);
        self.out.push_str(&drawn);
    }
}
