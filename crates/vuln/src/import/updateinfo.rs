//! `updateinfo.xml` of RPM repositories: the advisories of Amazon Linux and Oracle Linux.

use super::{
    intake::{Intake, is_cve, rating},
    xml::{Attributes, Event, Reader},
};
use crate::{
    Ecosystem,
    advisory::{FixState, Record, Row},
};
use std::collections::BTreeSet;

/// Whether a document begins as one.
pub(super) fn is_updateinfo(head: &str) -> bool {
    head.starts_with("<?xml") && head.contains("<updates") || head.starts_with("<updates")
}

/// One advisory, in the making.
#[derive(Debug, Default)]
struct Update {
    id: String,
    kind: String,
    issued: Option<String>,
    severity: String,
    summary: String,
    /// What may name the release: `Oracle Linux 9`, `Amazon Linux 2023`.
    named: Vec<String>,
    cves: BTreeSet<String>,
    /// Names and versions of the packages that mend it; once for all architectures.
    packages: BTreeSet<(String, String)>,
}

/// Reads a document. Advisories of other publishers, and those that mend no vulnerability, are skipped.
pub(super) fn import(text: &str, intake: &mut Intake) {
    let mut reader = Reader::new(text);
    let mut update = Update::default();
    while let Some(event) = reader.next() {
        match event {
            Event::Start("update", attributes) => {
                let kind = attributes.get("type").unwrap_or_default().into_owned();
                update = Update { kind, ..Update::default() };
            }
            Event::End("update") => add(&std::mem::take(&mut update), intake),
            Event::Start(name, attributes) => element(name, attributes, &mut reader, &mut update),
            _ => {}
        }
    }
}

fn element(name: &str, attributes: Attributes<'_>, reader: &mut Reader<'_>, update: &mut Update) {
    let attribute = |name: &str| attributes.get(name).unwrap_or_default().into_owned();
    match name {
        "id" => update.id = reader.text(),
        "severity" => update.severity = reader.text(),
        "title" | "summary" if update.summary.is_empty() => update.summary = reader.text(),
        "release" | "name" => update.named.push(reader.text()),
        "issued" => update.issued = Some(attribute("date")),
        "reference" => {
            let id = attribute("id").trim().to_uppercase();
            if is_cve(&id) {
                update.cves.insert(id);
            }
        }
        // Source packages are in no image.
        "package" if attribute("arch") != "src" => {
            let epoch = attribute("epoch");
            let version = format!("{}-{}", attribute("version"), attribute("release"));
            let version =
                if matches!(epoch.as_str(), "" | "0") { version } else { format!("{epoch}:{version}") };
            update.packages.insert((attribute("name"), version));
        }
        _ => {}
    }
}

fn add(update: &Update, intake: &mut Intake) {
    let Some((source, ecosystem)) = publisher(update) else { return };
    let source = intake.source(source);
    intake.caveat(source, "lists fixed issues only: what is not fixed yet is not in it");
    if update.kind != "security" || update.packages.is_empty() {
        return intake.skip(source);
    }
    intake.read(source, update.issued.as_deref());
    let own = [update.id.clone()].into();
    let ids = if update.cves.is_empty() { &own } else { &update.cves };
    for id in ids {
        let word = (!update.severity.is_empty()).then(|| update.severity.clone());
        for (package, version) in &update.packages {
            let row = Row {
                advisory: Some(update.id.clone()),
                urgency: word.clone(),
                ..Row::new(id, source, FixState::Fixed).fixed_in(version)
            };
            intake.row(&ecosystem, package, row);
        }
        // The advisory's word is for the worst of its CVEs, so it rates none of them by itself.
        let is_own = *id == update.id;
        intake.record(
            id,
            Record {
                summary: is_own.then(|| update.summary.clone()),
                published: update.issued.clone().filter(|_| is_own),
                ratings: word.iter().filter(|_| is_own).map(|word| rating(source, word)).collect(),
                ..Record::default()
            },
        );
    }
}

/// The file of that kind in a repository's metadata (`repomd.xml`), below the repository's base.
pub(crate) fn repository_file(metadata: &str, kind: &str) -> Option<String> {
    let mut wanted = false;
    Reader::new(metadata).find_map(|event| match event {
        Event::Start("data", attributes) => {
            wanted = attributes.get("type").as_deref() == Some(kind);
            None
        }
        Event::Start("location", attributes) if wanted => {
            attributes.get("href").map(std::borrow::Cow::into_owned)
        }
        _ => None,
    })
}

/// The source, and the release that the advisory is for.
fn publisher(update: &Update) -> Option<(&'static str, Ecosystem)> {
    let after = |family: &str| {
        let release =
            update.named.iter().find_map(|name| name.split_once(family)?.1.split_whitespace().next());
        release.filter(|release| release.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
    };
    if update.id.starts_with("ELSA-") {
        return Some(("oracle", Ecosystem::release_of("Oracle", after("Oracle Linux ")?)));
    }
    // `ALAS2-2022-1`, `ALAS2023-2023-1`, `ALAS2DOCKER-…`; the first release has no number.
    let rest = update.id.strip_prefix("ALAS")?;
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let release = if number.is_empty() { after("Amazon Linux ").unwrap_or("2018") } else { &number };
    Some(("amazon", Ecosystem::release_of("Amazon", release)))
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, import, is_updateinfo, repository_file};
    use crate::{Ecosystem, Store, store::Builder};

    const AMAZON: &str = r#"<?xml version="1.0" ?>
<updates><update author="linux-security@amazon.com" from="linux-security@amazon.com" status="final" type="security" version="1.4">
<id>ALAS2023-2023-100</id><title>Amazon Linux 2023 - ALAS2023-2023-100: Medium priority package update for x</title>
<issued date="2023-03-01 01:02:03"/><severity>medium</severity><description>Package updates &amp; more</description>
<references><reference href="https://example.com" id="CVE-2023-0001" title="" type="cve"/></references>
<pkglist><collection short="amazon-linux-2023"><name>Amazon Linux 2023</name>
<package arch="x86_64" epoch="1" name="x" release="3.amzn2023" version="2.0"><filename>Packages/x.rpm</filename></package>
<package arch="aarch64" epoch="1" name="x" release="3.amzn2023" version="2.0"><filename>Packages/x.rpm</filename></package>
</collection></pkglist></update>
<update type="bugfix"><id>ALAS2023-2023-101</id><pkglist><collection><package name="y" version="1" release="1"/></collection></pkglist></update></updates>"#;

    const ORACLE: &str = r#"<?xml version="1.0"?><updates><update status="final" type="security"><id>ELSA-2022-9999</id>
<release>Oracle Linux 8</release><severity>Important</severity><issued date="2022-02-03"/>
<references><reference id="CVE-2022-0001" type="cve"/></references><pkglist><collection><name>Oracle Linux 8 BaseOS</name>
<package arch="x86_64" epoch="0" name="glibc" release="9.el8.ksplice1" version="2.28"/><package arch="src" name="glibc" version="9" release="9"/></collection></pkglist></update></updates>"#;

    #[test]
    fn finds_the_advisories_of_a_repository() {
        let metadata = r#"<?xml version="1.0"?><repomd><data type="primary"><location href="repodata/p.xml.gz"/></data>
            <data type="updateinfo"><checksum type="sha256">ab</checksum><location href="repodata/u.xml.gz"/></data></repomd>"#;
        assert_eq!(repository_file(metadata, "updateinfo").as_deref(), Some("repodata/u.xml.gz"));
        assert_eq!(repository_file(metadata, "modules"), None);
    }

    #[test]
    fn reads_amazon_and_oracle() {
        assert!(is_updateinfo(AMAZON) && is_updateinfo(ORACLE) && !is_updateinfo("<?xml?><oval/>"));
        let mut builder = Builder::new("2026-01-01");
        let mut intake = Intake::new(&mut builder, "2026-01-01");
        import(AMAZON, &mut intake);
        import(ORACLE, &mut intake);
        import("<updates><update type='security'><id>FEDORA-2022-1</id></update></updates>", &mut intake);
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let rows = |ecosystem: &str, name: &str| {
            let ecosystem = Ecosystem::parse(ecosystem).expect("known");
            let rows = store.rows(&ecosystem, name).expect("sound");
            rows.iter()
                .map(|row| {
                    (
                        row.id.to_owned(),
                        row.ranges[0].fixed.map(str::to_owned),
                        row.advisory.map(str::to_owned),
                    )
                })
                .collect::<Vec<_>>()
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            rows("Amazon:2023", "x"),
            [("CVE-2023-0001".into(), some("1:2.0-3.amzn2023"), some("ALAS2023-2023-100"))]
        );
        assert_eq!(
            rows("Oracle:8", "glibc"),
            [("CVE-2022-0001".into(), some("2.28-9.el8.ksplice1"), some("ELSA-2022-9999"))]
        );
        assert!(rows("Amazon:2023", "y").is_empty());
        let sources: Vec<(&str, u64, u64)> = store
            .meta()
            .sources
            .iter()
            .map(|source| (source.name.as_str(), source.records, source.skipped))
            .collect();
        assert_eq!(sources, [("amazon", 1, 1), ("oracle", 1, 0)]);
    }
}
