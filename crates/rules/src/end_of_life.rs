//! When products get no more security updates (`data/end-of-life.csv` says from where and of which day).

use std::sync::LazyLock;

/// Product, release, first day without security updates.
static ENDS: LazyLock<Vec<(&'static str, &'static str, &'static str)>> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/end-of-life.csv"));
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut fields = line.split(',');
            Some((fields.next()?, fields.next()?, fields.next()?))
        })
        .collect()
});

/// The release that a version belongs to and its first day without updates, when that day has come. `version` is a
/// version or a tag: `12.5-slim` belongs to release `12`.
pub(crate) fn ended(product: &str, version: &str, today: &str) -> Option<(&'static str, &'static str)> {
    let belongs = |release: &str| {
        version
            .strip_prefix(release)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_', '+']))
    };
    let releases = ENDS.iter().filter(|(name, release, _)| *name == product && belongs(release));
    let (_, release, day) = releases.max_by_key(|(_, release, _)| release.len())?;
    (*day <= today).then_some((*release, *day))
}

/// The same for the system that a tag of another product names: `3.12-slim-buster`, `20-alpine3.16`.
pub(crate) fn ended_system(tag: &str, today: &str) -> Option<(String, &'static str)> {
    tag.split(['-', '_']).skip(1).find_map(|part| {
        let alpine = part.strip_prefix("alpine").and_then(|version| ended("alpine", version, today));
        if let Some((release, day)) = alpine {
            return Some((format!("alpine {release}"), day));
        }
        let plain = part.len() > 3 && part.bytes().all(|byte| byte.is_ascii_lowercase());
        let named = ["debian", "ubuntu"].into_iter().filter(|_| plain);
        named
            .filter_map(|product| {
                ended(product, part, today).map(|(name, day)| (format!("{product} {name}"), day))
            })
            .next()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_end_on_their_day() {
        assert_eq!(ended("debian", "11", "2026-08-31"), None);
        assert_eq!(ended("debian", "11.9-slim", "2026-09-01"), Some(("11", "2026-09-01")));
        assert_eq!(ended("alpine", "3.2", "2099-01-01").map(|ended| ended.0), Some("3.2"));
        assert_eq!(ended("node", "20-alpine", "2026-11-21").map(|ended| ended.0), Some("20"));
        assert_eq!(ended("node", "2", "2026-11-21"), None);
        assert_eq!(
            ended_system("3.12-slim-buster", "2026-11-21").map(|ended| ended.0).as_deref(),
            Some("debian buster")
        );
        assert_eq!(
            ended_system("20-alpine3.16", "2026-11-21").map(|ended| ended.0).as_deref(),
            Some("alpine 3.16")
        );
        assert_eq!(ended_system("3.12-slim", "2026-11-21"), None);
        assert!(ENDS.len() > 500 && ENDS.iter().all(|(_, _, day)| day.len() == 10));
    }
}
