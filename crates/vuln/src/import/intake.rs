//! What importers write through: a builder with the name of the source, counting and dating as it goes.

use super::sources::source;
use crate::{
    Ecosystem,
    advisory::{Rating, Record, Row},
    store::Builder,
};
use std::collections::BTreeMap;

/// Longest summary kept, in characters.
const SUMMARY: usize = 240;

/// A builder, and what is to be counted beside it.
pub(super) struct Intake<'a> {
    pub(super) builder: &'a mut Builder,
    /// The day of the import, `YYYY-MM-DD`: data dated after it is misdated.
    today: &'a str,
    sources: BTreeMap<&'static str, u16>,
}

impl<'a> Intake<'a> {
    pub(super) fn new(builder: &'a mut Builder, today: &'a str) -> Self {
        Self { builder, today, sources: BTreeMap::new() }
    }

    /// The index of the source `name`.
    pub(super) fn source(&mut self, name: &'static str) -> u16 {
        let Self { builder, sources, .. } = self;
        *sources.entry(name).or_insert_with(|| builder.source(&source(name)))
    }

    /// Counts a record that was read, and the date it states.
    pub(super) fn read(&mut self, source: u16, date: Option<&str>) {
        let date = date.and_then(day).filter(|date| *date <= self.today && *date > "1990");
        if let Some(entry) = self.builder.source_mut(source) {
            entry.records += 1;
            if let Some(date) = date.filter(|date| entry.date.as_deref().is_none_or(|known| known < *date)) {
                entry.date = Some(date.to_owned());
            }
        }
    }

    /// Counts a record that could not be read, or that does not concern us.
    pub(super) fn skip(&mut self, source: u16) {
        if let Some(entry) = self.builder.source_mut(source) {
            entry.skipped += 1;
        }
    }

    /// States something that is missing from a source, once.
    pub(super) fn caveat(&mut self, source: u16, caveat: &str) {
        if let Some(entry) = self.builder.source_mut(source)
            && !entry.caveats.iter().any(|known| known == caveat)
        {
            entry.caveats.push(caveat.to_owned());
        }
    }

    pub(super) fn row(&mut self, ecosystem: &Ecosystem, name: &str, row: Row) {
        self.builder.row(ecosystem, name, row);
    }

    pub(super) fn record(&mut self, id: &str, mut record: Record) {
        record.summary = record.summary.take().map(|text| shorten(&text)).filter(|text| !text.is_empty());
        record.published = record.published.take().as_deref().and_then(day).map(str::to_owned);
        self.builder.record(id, record);
    }
}

/// A rating by the source itself.
pub(super) fn rating(source: u16, value: &str) -> Rating {
    Rating { source, by: None, value: value.to_owned() }
}

/// The day of an RFC 3339 time, or of a date.
pub(super) fn day(time: &str) -> Option<&str> {
    let day = time.get(..10)?;
    let sound = day
        .bytes()
        .enumerate()
        .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    sound.then_some(day)
}

/// The first paragraph on one line, cut at a word.
fn shorten(text: &str) -> String {
    let paragraph = text.trim().split("\n\n").next().unwrap_or_default();
    let mut short = String::new();
    let mut length = 0;
    for word in paragraph.split_whitespace() {
        length += word.chars().count() + 1;
        if length > SUMMARY {
            short.push_str(" …");
            break;
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    short
}

/// Whether `id` is a CVE id.
pub(super) fn is_cve(id: &str) -> bool {
    id.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')).is_some_and(|(year, number)| {
        year.len() == 4
            && number.len() >= 4
            && year.bytes().chain(number.bytes()).all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::{day, is_cve, shorten};

    #[test]
    fn reads_days_and_ids() {
        assert_eq!(day("2024-05-06T07:08:09Z"), Some("2024-05-06"));
        assert_eq!(day("6 May 2024"), None);
        assert!(is_cve("CVE-2024-12345") && !is_cve("CVE-2024-XXXX") && !is_cve("cve-2024-1234"));
    }

    #[test]
    fn shortens_at_a_word() {
        assert_eq!(shorten("one\ntwo\n\nthree"), "one two");
        let long = shorten(&"word ".repeat(100));
        assert!(long.ends_with("word …") && long.chars().count() < 250);
    }
}
