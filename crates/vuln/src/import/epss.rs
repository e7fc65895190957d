//! FIRST's EPSS scores: a comment with the date, a header, then `cve,epss,percentile`.

use super::intake::Intake;
use crate::advisory::Likelihood;

/// Whether `text` begins as the scores do.
pub(super) fn is_epss(text: &str) -> bool {
    text.starts_with("#model_version") || text.starts_with("cve,epss,percentile")
}

/// Reads the scores.
pub(super) fn import(text: &str, intake: &mut Intake) {
    let source = intake.source("epss");
    let date = text.lines().next().and_then(|line| line.split("score_date:").nth(1)).map(str::to_owned);
    for line in text.lines().filter(|line| line.starts_with("CVE-")) {
        let mut fields = line.trim().split(',');
        let cve = fields.next().unwrap_or_default();
        let mut number = || fields.next()?.parse::<f32>().ok().filter(|number| (0.0..=1.0).contains(number));
        match (number(), number()) {
            (Some(epss), Some(percentile)) => {
                intake.read(source, date.as_deref());
                intake.builder.likelihood(cve, Likelihood { epss, percentile });
            }
            _ => intake.skip(source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::intake::Intake, import};
    use crate::{Store, store::Builder};

    #[test]
    fn reads_scores_and_their_date() {
        let text = "#model_version:v2025.03.14,score_date:2025-09-03T12:55:00Z\ncve,epss,percentile\nCVE-2021-44228,0.94358,0.99957\nCVE-1999-0001,2,0\n";
        let mut builder = Builder::new("2026-01-01");
        import(text, &mut Intake::new(&mut builder, "2026-01-01"));
        let store = Store::from_bytes(builder.finish().expect("small")).expect("sound");
        let score = store.likelihood("CVE-2021-44228").expect("scored");
        assert!((score.epss - 0.94358).abs() < 1e-6);
        assert_eq!(store.likelihood("CVE-1999-0001"), None);
        assert_eq!(store.meta().sources[0].date.as_deref(), Some("2025-09-03"));
    }
}
