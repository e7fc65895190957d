//! Intervals of versions in one [`Scheme`], with union, intersection and complement.

use crate::Scheme;
use std::cmp::Ordering;

/// One end of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bound<S = String> {
    /// The version at the end.
    pub version: S,
    /// Whether it belongs to the interval.
    pub inclusive: bool,
}

/// Versions between two ends; an absent end is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval<S = String> {
    /// The lower end.
    pub low: Option<Bound<S>>,
    /// The upper end.
    pub high: Option<Bound<S>>,
}

impl<S> Interval<S> {
    /// Every version.
    pub const ALL: Self = Self { low: None, high: None };

    /// Versions before `version`.
    pub fn below(version: S) -> Self {
        Self { low: None, high: Some(Bound { version, inclusive: false }) }
    }
}

impl<S: AsRef<str>> Interval<S> {
    /// Whether `version` lies in the interval.
    pub fn contains(&self, scheme: Scheme, version: &str) -> bool {
        let above = self.low.as_ref().is_none_or(|low| match scheme.compare(version, low.version.as_ref()) {
            Ordering::Greater => true,
            Ordering::Equal => low.inclusive,
            Ordering::Less => false,
        });
        above
            && self.high.as_ref().is_none_or(|high| match scheme.compare(version, high.version.as_ref()) {
                Ordering::Less => true,
                Ordering::Equal => high.inclusive,
                Ordering::Greater => false,
            })
    }

    /// The interval as people write it: `>= 1.0, < 1.4`, or `any version`.
    pub fn describe(&self) -> String {
        let end = |bound: &Bound<S>, sign: &str| {
            format!("{sign}{} {}", if bound.inclusive { "=" } else { "" }, bound.version.as_ref())
        };
        match (&self.low, &self.high) {
            (None, None) => "any version".to_owned(),
            (Some(low), None) => end(low, ">"),
            (None, Some(high)) => end(high, "<"),
            (Some(low), Some(high))
                if low.inclusive && high.inclusive && low.version.as_ref() == high.version.as_ref() =>
            {
                format!("= {}", low.version.as_ref())
            }
            (Some(low), Some(high)) => format!("{}, {}", end(low, ">"), end(high, "<")),
        }
    }
}

/// Versions that lie in an interval of `a` and in one of `b`.
#[must_use]
pub fn intersect(scheme: Scheme, a: &[Interval], b: &[Interval]) -> Vec<Interval> {
    let mut both = Vec::new();
    for a in a {
        for b in b {
            let low =
                if compare_low(scheme, a.low.as_ref(), b.low.as_ref()).is_ge() { &a.low } else { &b.low };
            let high = if compare_high(scheme, a.high.as_ref(), b.high.as_ref()).is_le() {
                &a.high
            } else {
                &b.high
            };
            let meet = Interval { low: low.clone(), high: high.clone() };
            if !is_empty(scheme, &meet) {
                both.push(meet);
            }
        }
    }
    both
}

/// Versions that lie in none of `intervals`.
#[must_use]
pub fn complement(scheme: Scheme, intervals: &[Interval]) -> Vec<Interval> {
    let mut rest = vec![Interval::ALL];
    for interval in intervals {
        let mut outside = Vec::new();
        if let Some(low) = &interval.low {
            let high = Some(Bound { version: low.version.clone(), inclusive: !low.inclusive });
            outside.push(Interval { low: None, high });
        }
        if let Some(high) = &interval.high {
            let low = Some(Bound { version: high.version.clone(), inclusive: !high.inclusive });
            outside.push(Interval { low, high: None });
        }
        rest = intersect(scheme, &rest, &outside);
    }
    rest.sort_by(|a, b| compare_low(scheme, a.low.as_ref(), b.low.as_ref()));
    rest
}

fn is_empty(scheme: Scheme, interval: &Interval) -> bool {
    let (Some(low), Some(high)) = (&interval.low, &interval.high) else { return false };
    match scheme.compare(&low.version, &high.version) {
        Ordering::Less => false,
        Ordering::Equal => !(low.inclusive && high.inclusive),
        Ordering::Greater => true,
    }
}

fn compare_low(scheme: Scheme, a: Option<&Bound>, b: Option<&Bound>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => {
            scheme.compare(&a.version, &b.version).then_with(|| b.inclusive.cmp(&a.inclusive))
        }
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

fn compare_high(scheme: Scheme, a: Option<&Bound>, b: Option<&Bound>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => {
            scheme.compare(&a.version, &b.version).then_with(|| a.inclusive.cmp(&b.inclusive))
        }
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn interval() -> impl Strategy<Value = Interval> {
        let bound = || {
            proptest::option::of(
                (0_u8..9, any::<bool>())
                    .prop_map(|(n, inclusive)| Bound { version: n.to_string(), inclusive }),
            )
        };
        (bound(), bound()).prop_map(|(low, high)| Interval { low, high })
    }

    proptest! {
        #[test]
        fn algebra_agrees_with_membership(a in prop::collection::vec(interval(), 0..4), b in prop::collection::vec(interval(), 0..4), v in 0_u8..10) {
            let v = v.to_string();
            let within = |set: &[Interval]| set.iter().any(|interval| interval.contains(Scheme::Semver, &v));
            prop_assert_eq!(within(&complement(Scheme::Semver, &a)), !within(&a));
            prop_assert_eq!(within(&intersect(Scheme::Semver, &a, &b)), within(&a) && within(&b));
        }
    }
}
