//! What the proofs need to know of the contents of files, drawn in the pass that reads the image.

mod certificates;

use casehard_harden::{ToolFacts, Tools};
use casehard_image::{Entry, Facts, Head, Inspect, ReadError, Tree, Want};
use casehard_inventory::{Inventory, catalog_with};
use casehard_oci::RootPath;
use casehard_rules::{FileContents, SecretFacts, Secrets};

pub(crate) use certificates::Certificates;

/// Text and stores of certificates larger than this are not.
const LARGEST_TEXT: u64 = 8 << 20;

/// What is known of the contents of an image's files.
pub(crate) struct Contents {
    traits: Facts<Traits>,
    /// What looks like a secret, and certificates.
    pub found: FileContents,
}

/// What stands out in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Traits {
    /// What it has of a shell or a package manager.
    tool: Option<ToolFacts>,
    /// The certificates in it.
    pub certificates: Option<Certificates>,
    /// Whether it is time zone data (RFC 9636).
    pub is_time_zone: bool,
}

impl Contents {
    /// Reads an image once, with all that is in it.
    pub fn read(image: &casehard_image::Image) -> Result<(Tree, Inventory, Tools, Self), ReadError> {
        let look = Look { secrets: Secrets::new() };
        let (tree, inventory, facts) = catalog_with(image, &look)?;
        let (secrets, traits) = facts.unzip();
        let found = look.secrets.finish(&tree, &secrets);
        let tools = Tools::find(image, &tree, &inventory, |entry| traits.get(entry)?.tool.as_ref());
        Ok((tree, inventory, tools, Self { traits, found }))
    }

    /// What stands out in a file.
    pub fn of(&self, entry: Entry<'_>) -> Option<&Traits> {
        self.traits.get(entry)
    }
}

struct Look {
    secrets: Secrets,
}

impl Inspect for Look {
    type Fact = (Option<SecretFacts>, Option<Traits>);

    fn wants(&self, head: &Head, start: &[u8]) -> Want {
        let own = if start.starts_with(b"TZif") || Certificates::may_be_in(start) {
            Want::Whole(LARGEST_TEXT)
        } else {
            Want::Nothing
        };
        own.max(ToolFacts::wants(start)).max(self.secrets.wants(head, start))
    }

    fn inspect(&self, path: &RootPath, head: &Head, bytes: &[u8]) -> Option<Self::Fact> {
        let start = &bytes[..bytes.len().min(4096)];
        let is_wanted = matches!(self.secrets.wants(head, start), Want::Whole(limit) if head.size <= limit);
        let secrets = if is_wanted { self.secrets.inspect(path, head, bytes) } else { None };
        let traits = Traits {
            tool: ToolFacts::read(path, bytes),
            certificates: Certificates::read(bytes),
            is_time_zone: bytes.starts_with(b"TZif"),
        };
        let traits = (traits != Traits::default()).then_some(traits);
        (secrets.is_some() || traits.is_some()).then_some((secrets, traits))
    }
}
