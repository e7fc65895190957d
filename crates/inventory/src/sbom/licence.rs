//! Licences as SPDX spells them (SPDX 2.3, annex D, *SPDX license expressions*).

/// Identifiers that are written as they stand, and what else packages call the same licence.
const KNOWN: &[(&str, &[&str])] = &[
    ("0BSD", &[]),
    ("AFL-2.1", &[]),
    ("AGPL-3.0-only", &["AGPL-3", "AGPL-3.0"]),
    ("AGPL-3.0-or-later", &["AGPL-3+", "AGPL-3.0+"]),
    (
        "Apache-2.0",
        &[
            "Apache 2.0",
            "Apache License 2.0",
            "Apache License, Version 2.0",
            "Apache Software License",
            "Apache-2",
            "ASL 2.0",
        ],
    ),
    ("Artistic-1.0", &["Artistic"]),
    ("Artistic-2.0", &[]),
    ("BSD-2-Clause", &["BSD-2-clause", "Simplified BSD License"]),
    ("BSD-3-Clause", &["BSD-3-clause", "New BSD License", "BSD 3-Clause"]),
    ("BSD-4-Clause", &["BSD-4-clause"]),
    ("BSL-1.0", &["Boost-1.0", "Boost Software License 1.0 (BSL-1.0)"]),
    ("BlueOak-1.0.0", &[]),
    ("CC-BY-3.0", &[]),
    ("CC-BY-4.0", &[]),
    ("CC-BY-SA-4.0", &[]),
    ("CC0-1.0", &["CC0"]),
    ("CDDL-1.0", &[]),
    ("EPL-1.0", &[]),
    ("EPL-2.0", &[]),
    ("GPL-1.0-or-later", &["GPL-1+"]),
    ("GPL-2.0-only", &["GPL-2", "GPL-2.0", "GPLv2"]),
    ("GPL-2.0-or-later", &["GPL-2+", "GPL-2.0+", "GPLv2+"]),
    ("GPL-3.0-only", &["GPL-3", "GPL-3.0", "GPLv3"]),
    ("GPL-3.0-or-later", &["GPL-3+", "GPL-3.0+", "GPLv3+"]),
    ("GFDL-1.3-only", &["GFDL-1.3"]),
    ("GFDL-1.3-or-later", &["GFDL-1.3+"]),
    ("HPND", &[]),
    ("ICU", &[]),
    ("ISC", &["ISC License (ISCL)", "ISC License"]),
    ("LGPL-2.0-only", &["LGPL-2"]),
    ("LGPL-2.0-or-later", &["LGPL-2+", "LGPL-2.0+"]),
    ("LGPL-2.1-only", &["LGPL-2.1", "LGPLv2.1"]),
    ("LGPL-2.1-or-later", &["LGPL-2.1+", "LGPLv2.1+"]),
    ("LGPL-3.0-only", &["LGPL-3", "LGPL-3.0"]),
    ("LGPL-3.0-or-later", &["LGPL-3+", "LGPL-3.0+"]),
    ("MIT", &["MIT License", "The MIT License", "Expat"]),
    ("MIT-0", &[]),
    ("MPL-1.1", &[]),
    ("MPL-2.0", &["Mozilla Public License 2.0 (MPL 2.0)", "MPL 2.0"]),
    ("NCSA", &[]),
    ("OFL-1.1", &[]),
    ("OpenSSL", &[]),
    ("PHP-3.01", &[]),
    ("PSF-2.0", &["PSF", "Python Software Foundation License"]),
    ("Python-2.0", &[]),
    ("PostgreSQL", &[]),
    ("Ruby", &[]),
    ("Unicode-3.0", &[]),
    ("Unlicense", &["The Unlicense (Unlicense)"]),
    ("Vim", &[]),
    ("W3C", &[]),
    ("WTFPL", &[]),
    ("X11", &[]),
    ("Zlib", &["zlib"]),
];

/// The SPDX identifier of a licence as a package states it.
pub(super) fn identifier(stated: &str) -> Option<&'static str> {
    KNOWN
        .iter()
        .find(|(id, names)| id.eq_ignore_ascii_case(stated) || names.contains(&stated))
        .map(|(id, _)| *id)
}

/// Whether a text is an expression of known identifiers: words joined by `AND`, `OR` and `WITH`.
pub(super) fn is_expression(stated: &str) -> bool {
    let words: Vec<&str> = stated.split([' ', '(', ')']).filter(|word| !word.is_empty()).collect();
    // Identifiers and operators take turns.
    words.len() % 2 == 1
        && words.iter().enumerate().all(|(index, word)| match index % 2 {
            0 => KNOWN.iter().any(|(id, _)| id == word),
            _ => matches!(*word, "AND" | "OR"),
        })
        && stated.matches('(').count() == stated.matches(')').count()
}

/// One expression for all licences of a package; those that SPDX does not know become references, which are
/// returned with the text they stand for.
pub(super) fn expression(licenses: &[String]) -> Option<(String, Vec<(String, String)>)> {
    let mut references = Vec::new();
    let mut parts: Vec<String> = licenses
        .iter()
        .map(|stated| match identifier(stated) {
            Some(id) => id.to_owned(),
            None if is_expression(stated) && licenses.len() == 1 => stated.clone(),
            None if is_expression(stated) => format!("({stated})"),
            None => {
                let reference = reference(stated);
                references.push((reference.clone(), stated.clone()));
                reference
            }
        })
        .collect();
    parts.sort_unstable();
    parts.dedup();
    (!parts.is_empty()).then(|| (parts.join(" AND "), references))
}

/// `LicenseRef-` and letters, digits, `.` and `-`; what else the text holds is told apart by a digest.
fn reference(stated: &str) -> String {
    let mut name: String = stated
        .chars()
        .take(64)
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '-' })
        .collect();
    if name != stated {
        let digest = casehard_oci::Digest::of(stated.as_bytes()).hex();
        name = format!("{}-{}", name.trim_matches('-'), &digest[..8]);
    }
    format!("LicenseRef-{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_become_expressions() {
        let of =
            |stated: &[&str]| expression(&stated.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["GPL-2+", "Expat"]).unwrap().0, "GPL-2.0-or-later AND MIT");
        assert_eq!(of(&["MIT OR Apache-2.0"]).unwrap().0, "MIT OR Apache-2.0");
        assert_eq!(of(&["MIT OR Apache-2.0", "ISC"]).unwrap().0, "(MIT OR Apache-2.0) AND ISC");
        let (text, references) = of(&["public-domain"]).unwrap();
        assert_eq!((text.as_str(), references.len()), ("LicenseRef-public-domain", 1));
        assert!(of(&["a (b) \u{202e}"]).unwrap().0.chars().all(|c| c.is_ascii_graphic()));
        assert_eq!(of(&[]), None);
        assert!(
            !is_expression("MIT OR") && !is_expression("MIT MIT") && is_expression("(MIT OR ISC) AND Zlib")
        );
    }

    #[test]
    fn the_table_is_sorted_out() {
        for (id, names) in KNOWN {
            assert_eq!(identifier(id), Some(*id));
            for name in *names {
                assert_eq!(identifier(name), Some(*id), "{name}");
            }
        }
    }
}
