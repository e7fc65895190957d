//! Aligned columns for a terminal, wrapped so that every line fits.

use anstyle::Style;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::shown;

/// One cell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    text: String,
    style: Style,
    right: bool,
}

impl Cell {
    /// The text, made safe, at the left.
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self { text: shown::plain(text.as_ref()).into_owned(), style: Style::new(), right: false }
    }

    /// At the right, as numbers stand.
    pub(crate) fn right(text: impl AsRef<str>) -> Self {
        Self { right: true, ..Self::new(text) }
    }

    /// In this style.
    pub(crate) fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

/// Rows of cells.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<Cell>>,
}

const GAP: usize = 2;
const NARROWEST: usize = 8;

impl Table {
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines, each `indent` from the left and at most `columns` wide where words allow.
    pub(crate) fn draw(&self, indent: usize, columns: usize) -> String {
        let widths = self.widths(columns.saturating_sub(indent));
        let mut out = String::new();
        for row in &self.rows {
            let wrapped: Vec<Vec<String>> =
                row.iter().zip(&widths).map(|(cell, width)| wrap(&cell.text, *width)).collect();
            let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
            for line in 0..height {
                let last =
                    wrapped.iter().rposition(|cell| cell.get(line).is_some_and(|text| !text.is_empty()));
                let mut text = " ".repeat(indent);
                for (at, cell) in row.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
                    let part = wrapped[at].get(line).map_or("", String::as_str);
                    let space = " ".repeat(widths[at].saturating_sub(part.width()));
                    let (before, after) =
                        if cell.right { (space.as_str(), "") } else { ("", space.as_str()) };
                    let style = cell.style;
                    text.push_str(before);
                    if part.is_empty() || style == Style::new() {
                        text.push_str(part);
                    } else {
                        text.push_str(&format!("{style}{part}{style:#}"));
                    }
                    if Some(at) != last {
                        text.push_str(after);
                        text.push_str(&" ".repeat(GAP));
                    }
                }
                out.push_str(text.trim_end_matches(' '));
                out.push('\n');
            }
        }
        out
    }

    /// What each column gets: what it needs, and less for the widest ones when that is too much.
    fn widths(&self, columns: usize) -> Vec<usize> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; count];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.text.width().max(*width);
            }
        }
        let room = columns.saturating_sub(GAP * count.saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            let Some(widest) = widths.iter_mut().max_by_key(|width| **width) else { break };
            if *widest <= NARROWEST {
                break;
            }
            let over = widths.iter().sum::<usize>() - room;
            let Some(widest) = widths.iter_mut().max_by_key(|width| **width) else { break };
            // Step by step, so that two wide columns shrink alike.
            *widest -= over.min(1);
        }
        widths
    }
}

/// Lines of at most `width`, broken at spaces, and within words that are longer than a line.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split(' ') {
        let mut rest = word;
        if used > 0 && used + 1 + rest.width() <= width {
            line.push(' ');
            used += 1;
        } else if used > 0 {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        while used + rest.width() > width {
            let end = fitting(rest, width - used);
            line.push_str(&rest[..end]);
            lines.push(std::mem::take(&mut line));
            (rest, used) = (&rest[end..], 0);
        }
        line.push_str(rest);
        used += rest.width();
    }
    lines.push(line);
    lines
}

/// How many bytes of a too long word go on a line: up to its last `/`, `,` or `:` that fits, else all that fit, and
/// one character at least.
fn fitting(word: &str, width: usize) -> usize {
    let mut used = 0;
    let mut end = 0;
    let mut nice = 0;
    for (at, c) in word.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width && at > 0 {
            break;
        }
        end = at + c.len_utf8();
        if matches!(c, '/' | ',' | ':' | '@') {
            nice = end;
        }
    }
    if nice > end / 2 { nice } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::default();
        table.row([Cell::new("name"), Cell::right("size"), Cell::new("why")]);
        table.row([Cell::new("a"), Cell::right("12"), Cell::new("it is not used by anything at all")]);
        assert_eq!(
            table.draw(1, 30),
            " name  size  why\n a       12  it is not used by\n             anything at all\n"
        );
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let mut table = Table::default();
        table.row([Cell::new("日本"), Cell::new("x")]);
        table.row([Cell::new("ab"), Cell::new("y\u{1b}")]);
        assert_eq!(table.draw(0, 80), "日本  x\nab    y\\x1b\n");
    }

    #[test]
    fn no_line_is_too_wide() {
        let long = "x".repeat(50) + "/" + &"y".repeat(70);
        for width in 1..60 {
            let lines = wrap(&format!("a {long} bb"), width);
            assert!(lines.iter().all(|line| line.width() <= width), "{width}: {lines:?}");
            assert_eq!(lines.concat().replace(' ', ""), format!("a{long}bb"));
        }
    }
}
