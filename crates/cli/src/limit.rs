//! `--limit NAME=VALUE`: what reading an image may cost.

use casehard_image::Limits;

/// One limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    name: Name,
    value: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Document,
    Unpacked,
    Expansion,
    Entries,
    Depth,
    Metadata,
    Extensions,
}

const NAMES: [(&str, Name); 7] = [
    ("document", Name::Document),
    ("unpacked", Name::Unpacked),
    ("expansion", Name::Expansion),
    ("entries", Name::Entries),
    ("depth", Name::Depth),
    ("metadata", Name::Metadata),
    ("extensions", Name::Extensions),
];

/// Reads `NAME=VALUE`; values may end in `kB`, `MB`, `GB` or `TB`.
pub fn parse(text: &str) -> Result<Setting, String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, such as unpacked=100GB")?;
    let found = NAMES.iter().find(|(known, _)| *known == name);
    let (_, name) = found.ok_or_else(|| {
        let known = NAMES.map(|(name, _)| name).join(", ");
        format!("there is no limit {name:?}: there are {known}")
    })?;
    Ok(Setting { name: *name, value: size(value)? })
}

/// Reads a number, which may end in `kB`, `MB`, `GB` or `TB`.
pub fn size(value: &str) -> Result<u64, String> {
    let units = [("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("", 1)];
    let unit = units.iter().find_map(|(unit, factor)| Some((value.strip_suffix(unit)?, factor)));
    let (digits, factor) = unit.unwrap_or((value, &1));
    let value = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor));
    value.ok_or_else(|| format!("{digits:?} is no whole number, such as 100GB or 20000000"))
}

impl Setting {
    /// Sets it.
    pub fn apply(&self, limits: &mut Limits) {
        match self.name {
            Name::Document => limits.document = self.value,
            Name::Unpacked => limits.unpacked = self.value,
            Name::Expansion => limits.expansion = self.value,
            Name::Entries => limits.entries = self.value,
            Name::Depth => limits.depth = usize::try_from(self.value).unwrap_or(usize::MAX),
            Name::Metadata => limits.metadata = self.value,
            Name::Extensions => limits.extensions = self.value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_with_their_units() {
        let mut limits = Limits::default();
        for text in ["unpacked=100GB", "entries=7", "depth=9", "metadata=2MB", "extensions=3kB"] {
            parse(text).unwrap().apply(&mut limits);
        }
        assert_eq!((limits.unpacked, limits.entries, limits.depth), (100_000_000_000, 7, 9));
        assert_eq!((limits.metadata, limits.extensions), (2_000_000, 3_000));
        for wrong in ["unpacked", "size=1", "entries=-1", "entries=1.5GB", "unpacked=99999999999TB", "depth="]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
