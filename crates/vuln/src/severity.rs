//! From what sources say to one severity, and why that one.

use crate::{
    advisory::{Rating, Record, Row},
    finding::{Level, Severity},
    store::Store,
};
use cvss::Cvss;
use std::str::FromStr as _;

/// Sources that are asked when neither the one that found it nor NVD has a say, best first.
const ORDER: &[&str] = &[
    "ghsa",
    "cisa",
    "redhat",
    "ubuntu",
    "debian",
    "go",
    "pypa",
    "rustsec",
    "bitnami",
    "almalinux",
    "rocky",
    "suse",
    "amazon",
    "oracle",
    "node",
    "rubysec",
    "retire",
];

/// Reads a rating: a CVSS vector of any version, a base score, or a word.
pub(crate) fn read(source: String, value: &str) -> Severity {
    let blank = Severity { source, level: Level::Unknown, score: None, vector: None, word: None };
    let vector = if value.starts_with("AV:") || value.starts_with("CVSS:") {
        Cvss::from_str(value).ok()
    } else {
        None
    };
    if let Some(vector) = vector {
        let score = round(vector.score());
        return Severity {
            level: band(score, value.starts_with("AV:")),
            score: Some(score),
            vector: Some(value.to_owned()),
            ..blank
        };
    }
    if let Some(score) = value.parse().ok().filter(|score| (0.0..=10.0).contains(score)) {
        return Severity { level: band(score, false), score: Some(score), ..blank };
    }
    Severity { level: level_of_word(value), word: Some(value.to_owned()), ..blank }
}

/// The bands of CVSS 3.1 (section 5) and 4.0; CVSS 2 had three (NVD's).
fn band(score: f64, two: bool) -> Level {
    match score {
        score if score >= 9.0 && !two => Level::Critical,
        score if score >= 7.0 => Level::High,
        score if score >= 4.0 => Level::Medium,
        score if score > 0.0 => Level::Low,
        _ => Level::Negligible,
    }
}

/// The level a source's word stands for. What is not decided is unknown, never low.
pub(crate) fn level_of_word(word: &str) -> Level {
    // Debian marks what it took over from NVD with asterisks.
    match word.trim_end_matches('*').to_ascii_lowercase().as_str() {
        "unimportant" | "negligible" | "none" => Level::Negligible,
        "low" => Level::Low,
        "medium" | "moderate" => Level::Medium,
        "high" | "important" => Level::High,
        "critical" => Level::Critical,
        _ => Level::Unknown,
    }
}

/// All ratings of a vulnerability, and the one that counts.
pub(crate) struct Chosen {
    pub(crate) level: Level,
    pub(crate) reason: String,
    pub(crate) score: Option<f64>,
    pub(crate) all: Vec<Severity>,
}

/// Chooses among the ratings of `records`. `row` is the statement that found it.
pub(crate) fn choose(store: &Store, row: &Row<&str>, records: &[(String, Record<&str>)]) -> Chosen {
    let deciding = store.source_name(row.source).to_owned();
    let mut all: Vec<(Option<bool>, Severity)> = Vec::new();
    let urgency = row.urgency.map(|word| read(format!("{deciding}:package"), word));
    all.extend(urgency.clone().map(|severity| (None, severity)));
    for (_, record) in records {
        for rating in &record.ratings {
            let severity = read(name(store, rating), rating.value);
            if !all.iter().any(|(_, known)| *known == severity) {
                all.push((Some(rating.by.is_none()), severity));
            }
        }
    }
    let known = |severity: &&Severity| severity.level != Level::Unknown;
    let of = |source: &str| {
        let own = all
            .iter()
            .filter(|(_, severity)| severity.source == source)
            .map(|(_, severity)| severity)
            .filter(known);
        own.max_by_key(|severity| preference(severity))
    };
    let (chosen, reason) = if let Some(urgency) = urgency.as_ref().filter(known) {
        (Some(urgency), format!("{deciding}'s own word for this package"))
    } else if let Some(own) = of(&deciding) {
        (Some(own), format!("{deciding}, which reported it"))
    } else if let Some(nvd) = of("nvd") {
        (Some(nvd), format!("NVD, as {deciding} gives none"))
    } else if let Some(other) =
        all.iter().map(|(_, severity)| severity).filter(known).min_by_key(|severity| place(severity))
    {
        (Some(other), format!("{}, as neither {deciding} nor NVD gives one", other.source))
    } else {
        (None, "no source gives one".to_owned())
    };
    let level = chosen.map_or(Level::Unknown, |severity| severity.level);
    // The score that goes with the level: of the chosen rating, else of its source, else of the first vector.
    let score = chosen.and_then(|severity| severity.score).or_else(|| {
        all.iter()
            .map(|(_, severity)| severity)
            .filter(|severity| severity.level == level)
            .find_map(|severity| severity.score)
    });
    let mut all: Vec<Severity> = all.into_iter().map(|(_, severity)| severity).collect();
    all.sort_by(|a, b| (&a.source, &a.vector, &a.word).cmp(&(&b.source, &b.vector, &b.word)));
    Chosen { level, reason, score, all }
}

fn name(store: &Store, rating: &Rating<&str>) -> String {
    let source = store.source_name(rating.source);
    rating.by.map_or_else(|| source.to_owned(), |by| format!("{source}:{by}"))
}

/// A source's own word first, then its newest CVSS.
fn preference(severity: &Severity) -> (bool, u8) {
    let version = match severity.vector.as_deref() {
        Some(vector) if vector.starts_with("CVSS:4") => 4,
        Some(vector) if vector.starts_with("CVSS:3.1") => 3,
        Some(vector) if vector.starts_with("CVSS:3.0") => 2,
        Some(_) => 1,
        None => 0,
    };
    (severity.word.is_some(), version)
}

fn place(severity: &Severity) -> (usize, std::cmp::Reverse<(bool, u8)>) {
    let source = severity.source.split(':').next().unwrap_or_default();
    let place = ORDER.iter().position(|name| *name == source).unwrap_or(ORDER.len());
    (place, std::cmp::Reverse(preference(severity)))
}

/// How pressing: the chance that it is exploited times how bad that would be, from 0 to 100.
///
/// What is known to be exploited has the chance 1, and a tenth more weight with ransomware. Without an EPSS score the
/// chance is taken as 1 %, which is near the mean of all scores: not knowing is not zero.
pub(crate) fn risk(level: Level, score: Option<f64>, exploited: Option<bool>, epss: Option<f32>) -> f64 {
    let chance = if exploited.is_some() { 1.0 } else { epss.map_or(0.01, f64::from) };
    let impact = score.unwrap_or(match level {
        Level::Unknown => 5.0,
        Level::Negligible => 0.5,
        Level::Low => 2.0,
        Level::Medium => 5.0,
        Level::High => 7.5,
        Level::Critical => 9.5,
    });
    // A source that calls it negligible knows the package; the score does not.
    let impact = if level == Level::Negligible { impact.min(0.5) } else { impact };
    let weight = if exploited == Some(true) { 1.1 } else { 1.0 };
    ((chance * impact * 10.0 * weight).min(100.0) * 100.0).round() / 100.0
}

fn round(score: f64) -> f64 {
    (score * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::{read, risk};
    use crate::finding::Level;

    #[test]
    fn reads_vectors_scores_and_words() {
        for (value, level, score) in [
            ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:H", Level::High, Some(7.4)),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Level::Critical, Some(9.8)),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", Level::Critical, Some(9.3)),
            ("AV:N/AC:L/Au:N/C:C/I:C/A:C", Level::High, Some(10.0)),
            ("7.5", Level::High, Some(7.5)),
            ("unimportant", Level::Negligible, None),
            ("low**", Level::Low, None),
            ("MODERATE", Level::Medium, None),
            ("not yet assigned", Level::Unknown, None),
            ("end-of-life", Level::Unknown, None),
            ("CVSS:9.9/nonsense", Level::Unknown, None),
        ] {
            let severity = read("x".into(), value);
            assert_eq!((severity.level, severity.score), (level, score), "{value}");
        }
    }

    #[test]
    fn ranks_what_is_exploited_first() {
        let exploited = risk(Level::Medium, Some(5.0), Some(false), Some(0.001));
        let critical = risk(Level::Critical, Some(9.8), None, Some(0.3));
        let unknown = risk(Level::Unknown, None, None, None);
        assert!(exploited > critical && critical > unknown && unknown > 0.0);
        assert!((risk(Level::Critical, Some(10.0), Some(true), None) - 100.0).abs() < 1e-9);
    }
}
