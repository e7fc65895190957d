//! `expired-certificate`: a certificate in the image has ended.

use crate::audit::*;

rule! {
    "expired-certificate", Image, Medium, true,
    "a certificate in the image has ended",
    ["casehard:tls-material"]
}

fn check(input: &Input<'_>, report: &mut Report<'_>) {
    let Some(today) = input.settings.today.as_deref() else { return };
    for (path, certificates) in &input.contents.certificates {
        let Some(entry) = input.tree.get(path) else { continue };
        // What a package brings is renewed with the package, and what it brings for tests has ended on purpose.
        if input.inventory.owners(entry).next().is_some() {
            continue;
        }
        let Some(ended) = certificates.iter().filter(|certificate| certificate.ends.as_str() < today).min_by_key(|certificate| &certificate.ends) else { continue };
        let name = ended.name.as_deref().map(|name| format!(" for {name}")).unwrap_or_default();
        report.on(place(entry), format!("the certificate{name} in {path} ended on {}", ended.ends));
    }
}
