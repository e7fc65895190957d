//! How rows and records are written and read.

use super::{
    StoreError,
    bytes::{Reader, Strings, put_number},
};
use crate::{
    advisory::{Affected, Class, FixState, Rating, Record, Row},
    range::{Bound, Interval},
};

const LOW: u8 = 1;
const LOW_INCLUSIVE: u8 = 2;
const HIGH: u8 = 4;
const HIGH_INCLUSIVE: u8 = 8;
const FIXED: u8 = 16;
/// The fix is the upper end itself, so that its text need not be named again.
const FIXED_IS_HIGH: u8 = 32;

/// Writes into a section, with its strings beside it.
pub(super) struct Writer<'a> {
    pub(super) out: &'a mut Vec<u8>,
    pub(super) strings: &'a mut Strings,
}

impl Writer<'_> {
    fn text(&mut self, text: &str) -> Result<(), StoreError> {
        let offset = self.strings.offset(text)?;
        put_number(self.out, offset);
        Ok(())
    }

    fn optional(&mut self, text: Option<&str>) -> Result<(), StoreError> {
        let offset = text.map_or(Ok(0), |text| self.strings.offset(text).map(|offset| offset + 1))?;
        put_number(self.out, offset);
        Ok(())
    }

    fn count(&mut self, count: usize) -> Result<(), StoreError> {
        put_number(self.out, u32::try_from(count).map_err(|_| StoreError::TooLarge { what: "a list" })?);
        Ok(())
    }

    fn texts(&mut self, texts: &[String]) -> Result<(), StoreError> {
        self.count(texts.len())?;
        texts.iter().try_for_each(|text| self.text(text))
    }

    pub(super) fn row(&mut self, row: &Row) -> Result<(), StoreError> {
        self.text(&row.id)?;
        put_number(self.out, u32::from(row.source));
        let state = FixState::ALL.iter().position(|state| *state == row.state).unwrap_or_default();
        let class = Class::ALL.iter().position(|class| *class == row.class).unwrap_or_default();
        self.out.push((state | class << 4) as u8);
        self.count(row.ranges.len())?;
        row.ranges.iter().try_for_each(|range| self.range(range))?;
        self.texts(&row.versions)?;
        self.optional(row.urgency.as_deref())?;
        self.optional(row.advisory.as_deref())?;
        self.optional(row.note.as_deref())?;
        self.optional(row.platform.as_deref())?;
        self.texts(&row.symbols)
    }

    fn range(&mut self, range: &Affected) -> Result<(), StoreError> {
        let Interval { low, high } = &range.interval;
        let fixed_is_high =
            range.fixed.is_some() && range.fixed.as_ref() == high.as_ref().map(|high| &high.version);
        let mut flags = 0;
        for (set, flag) in [
            (low.is_some(), LOW),
            (low.as_ref().is_some_and(|low| low.inclusive), LOW_INCLUSIVE),
            (high.is_some(), HIGH),
            (high.as_ref().is_some_and(|high| high.inclusive), HIGH_INCLUSIVE),
            (range.fixed.is_some() && !fixed_is_high, FIXED),
            (fixed_is_high, FIXED_IS_HIGH),
        ] {
            flags |= if set { flag } else { 0 };
        }
        self.out.push(flags);
        if let Some(low) = low {
            self.text(&low.version)?;
        }
        if let Some(high) = high {
            self.text(&high.version)?;
        }
        match &range.fixed {
            Some(fixed) if !fixed_is_high => self.text(fixed),
            _ => Ok(()),
        }
    }

    pub(super) fn record(&mut self, record: &Record) -> Result<(), StoreError> {
        self.out.push(u8::from(record.withdrawn));
        self.texts(&record.aliases)?;
        self.optional(record.summary.as_deref())?;
        self.optional(record.published.as_deref())?;
        self.count(record.ratings.len())?;
        for rating in &record.ratings {
            put_number(self.out, u32::from(rating.source));
            self.optional(rating.by.as_deref())?;
            self.text(&rating.value)?;
        }
        self.texts(&record.weaknesses)?;
        self.texts(&record.links)
    }
}

/// All rows in `bytes`.
pub(super) fn read_rows<'a>(bytes: &'a [u8], strings: &'a [u8]) -> Result<Vec<Row<&'a str>>, StoreError> {
    let mut reader = Reader::new(bytes, strings, "a row");
    let mut rows = Vec::new();
    while !reader.is_at_end() {
        rows.push(read_row(&mut reader)?);
    }
    Ok(rows)
}

fn read_row<'a>(reader: &mut Reader<'a>) -> Result<Row<&'a str>, StoreError> {
    let id = reader.text()?;
    let source = read_source(reader)?;
    let kind = usize::from(reader.byte()?);
    let ranges = (0..reader.count()?).map(|_| read_range(reader)).collect::<Result<_, _>>()?;
    Ok(Row {
        id,
        source,
        state: FixState::ALL.get(kind & 15).copied().unwrap_or(FixState::UnderInvestigation),
        class: Class::ALL.get(kind >> 4).copied().unwrap_or_default(),
        ranges,
        versions: reader.texts()?,
        urgency: reader.optional()?,
        advisory: reader.optional()?,
        note: reader.optional()?,
        platform: reader.optional()?,
        symbols: reader.texts()?,
    })
}

fn read_source(reader: &mut Reader) -> Result<u16, StoreError> {
    let number = reader.number()?;
    // An unknown source is shown as unknown; it need not make the row unreadable.
    Ok(u16::try_from(number).unwrap_or(u16::MAX))
}

fn read_range<'a>(reader: &mut Reader<'a>) -> Result<Affected<&'a str>, StoreError> {
    let flags = reader.byte()?;
    let mut end = |present, inclusive| -> Result<Option<Bound<&'a str>>, StoreError> {
        if flags & present == 0 {
            return Ok(None);
        }
        Ok(Some(Bound { version: reader.text()?, inclusive: flags & inclusive != 0 }))
    };
    let interval = Interval { low: end(LOW, LOW_INCLUSIVE)?, high: end(HIGH, HIGH_INCLUSIVE)? };
    let fixed = if flags & FIXED != 0 {
        Some(reader.text()?)
    } else if flags & FIXED_IS_HIGH != 0 {
        interval.high.map(|high| high.version)
    } else {
        None
    };
    Ok(Affected { interval, fixed })
}

pub(super) fn read_record<'a>(reader: &mut Reader<'a>) -> Result<Record<&'a str>, StoreError> {
    let withdrawn = reader.byte()? != 0;
    let aliases = reader.texts()?;
    let summary = reader.optional()?;
    let published = reader.optional()?;
    let ratings = (0..reader.count()?)
        .map(|_| Ok(Rating { source: read_source(reader)?, by: reader.optional()?, value: reader.text()? }))
        .collect::<Result<_, StoreError>>()?;
    Ok(Record {
        aliases,
        summary,
        published,
        withdrawn,
        ratings,
        weaknesses: reader.texts()?,
        links: reader.texts()?,
    })
}
