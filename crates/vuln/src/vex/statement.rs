//! A VEX statement, whichever format it came in.

use serde::{Deserialize, Serialize};

/// What a statement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The product is not affected.
    NotAffected,
    /// The product is affected.
    Affected,
    /// The product holds a fix.
    Fixed,
    /// It is not known yet.
    UnderInvestigation,
}

impl Status {
    /// Whether a finding that it matches does not count.
    #[must_use]
    pub fn silences(self) -> bool {
        matches!(self, Self::NotAffected | Self::Fixed)
    }
}

/// A statement on vulnerabilities and products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Where it stands, for messages: the document and the place in it.
    pub origin: String,
    /// The vulnerability's ids.
    pub ids: Vec<String>,
    /// The products.
    pub products: Vec<Product>,
    /// What it says of them.
    pub status: Status,
    /// Why, as a word of the format.
    pub justification: Option<String>,
    /// Why, or what to do, in words.
    pub text: Option<String>,
    /// When it was said, as RFC 3339. Of two statements on the same the later counts.
    pub timestamp: Option<String>,
}

/// A product a statement is on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Product {
    /// Its identifiers: package URLs, or bare names and digests.
    pub ids: Vec<String>,
    /// The components within it that are meant, by package URL; all if empty.
    pub subcomponents: Vec<String>,
}
