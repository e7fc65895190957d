//! What stands in files.

use std::collections::BTreeMap;

use casehard_image::{Head, Image, Inspect, ReadError, Tree, Want, read};
use casehard_oci::RootPath;
use casehard_profile::workload::structure::ContentTest;

/// Bytes of a file that is looked at; a larger one is not.
const LARGEST: u64 = 64 << 20;

/// Looks at the files of tests while the image streams past. They are known by their size: the bytes of a file with
/// several names may stand in a layer under a name that is gone.
struct Look<'a> {
    tests: &'a [ContentTest],
    by_size: BTreeMap<u64, Vec<usize>>,
}

impl Inspect for Look<'_> {
    /// For each test of the file, by its place: what is wrong.
    type Fact = BTreeMap<usize, Vec<String>>;

    fn wants(&self, head: &Head, _: &[u8]) -> Want {
        if self.by_size.contains_key(&head.size) { Want::Whole(LARGEST) } else { Want::Nothing }
    }

    fn inspect(&self, _: &RootPath, head: &Head, bytes: &[u8]) -> Option<Self::Fact> {
        let text = String::from_utf8_lossy(bytes);
        Some(
            self.by_size
                .get(&head.size)?
                .iter()
                .map(|index| (*index, judge(&self.tests[*index], &text)))
                .collect(),
        )
    }
}

/// What is wrong with each file. The image is read once more when there is any to look at.
pub(super) fn contents(
    image: &Image,
    tree_before: &Tree,
    tests: &[ContentTest],
) -> Result<Vec<Vec<String>>, ReadError> {
    let mut look = Look { tests, by_size: BTreeMap::new() };
    for (index, test) in tests.iter().enumerate() {
        if let Some(entry) = tree_before.resolve(&test.path).entry.filter(|entry| entry.is_file()) {
            look.by_size.entry(entry.size()).or_default().push(index);
        }
    }
    let (tree, facts) =
        if look.by_size.is_empty() { (None, None) } else { Some(read(image, &look)?).unzip() };
    let tree = tree.as_ref().unwrap_or(tree_before);
    let reasons = tests.iter().enumerate().map(|(index, test)| match tree.resolve(&test.path).entry {
        None => vec![format!("{} is not there", test.path)],
        Some(entry) if !entry.is_file() => vec![format!("{} is not a file", test.path)],
        Some(entry) if entry.size() > LARGEST => {
            vec![format!("{} is larger than the {} MiB that are looked at", test.path, LARGEST >> 20)]
        }
        Some(entry) => {
            match facts.as_ref().and_then(|facts| facts.get(entry)).and_then(|found| found.get(&index)) {
                Some(reasons) => reasons.clone(),
                None => vec![format!("the content of {} could not be looked at", test.path)],
            }
        }
    });
    Ok(reasons.collect())
}

/// What is wrong with a file's text.
fn judge(test: &ContentTest, text: &str) -> Vec<String> {
    let path = &test.path;
    let lacks = test.expected.iter().filter(|pattern| !pattern.is_match(text));
    let has = test.excluded.iter().filter(|pattern| pattern.is_match(text));
    lacks
        .map(|pattern| format!("{path} has nothing that matches `{pattern}`"))
        .chain(has.map(|pattern| format!("{path} has something that matches `{pattern}`, which it must not")))
        .collect()
}
