//! Whether what is vulnerable was seen in use.

use crate::finding::{Scan, Usage};

/// Most files named for one finding.
const FILES: usize = 20;

/// States for each finding whether its package was used, by asking `is_used` about each of its files. Packages without
/// known files are left as they are: about them the profile says nothing.
pub fn mark_usage(scan: &mut Scan, is_used: impl Fn(&str) -> bool) {
    let suppressed = scan.suppressed.iter_mut().map(|entry| &mut entry.finding);
    for finding in
        scan.findings.iter_mut().chain(suppressed).filter(|finding| !finding.package.files.is_empty())
    {
        let mut files: Vec<String> =
            finding.package.files.iter().filter(|file| is_used(file)).cloned().collect();
        let used = !files.is_empty();
        files.truncate(FILES);
        finding.usage = Some(Usage { used, files });
    }
}
