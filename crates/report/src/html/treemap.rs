//! Squarified treemaps (Bruls, Huizing, van Wijk 2000): areas in the ratio of sizes, as near to squares as rows allow.

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// A rectangle for each size, in their order, which together fill `width` by `height`. Sizes must not increase.
pub(super) fn squarified(sizes: &[u64], width: f64, height: f64) -> Vec<Place> {
    #[expect(clippy::cast_precision_loss, reason = "areas of a picture")]
    let as_area = |size: u64| size as f64;
    let total: f64 = sizes.iter().copied().map(as_area).sum();
    let mut places = Vec::with_capacity(sizes.len());
    if total <= 0.0 {
        return places;
    }
    let areas: Vec<f64> = sizes.iter().map(|size| as_area(*size) / total * width * height).collect();
    let mut free = Place { x: 0.0, y: 0.0, width, height };
    let mut rest = areas.as_slice();
    while !rest.is_empty() {
        let side = free.width.min(free.height);
        let (mut taken, mut sum) = (1, rest[0]);
        let mut worst = ratio(sum, rest[0], rest[0], side);
        while let Some(next) = rest.get(taken) {
            let with = ratio(sum + next, rest[0], *next, side);
            if with > worst {
                break;
            }
            (worst, sum, taken) = (with, sum + next, taken + 1);
        }
        let (row, others) = rest.split_at(taken);
        lay(row, sum, &mut free, &mut places);
        rest = others;
    }
    places
}

/// The worst ratio of sides in a row of that area along a side, when its largest and smallest areas are these.
fn ratio(sum: f64, largest: f64, smallest: f64, side: f64) -> f64 {
    let squared = side * side;
    (squared * largest / (sum * sum)).max(sum * sum / (squared * smallest.max(f64::MIN_POSITIVE)))
}

/// Lays a row along the shorter side of what is free.
fn lay(row: &[f64], sum: f64, free: &mut Place, places: &mut Vec<Place>) {
    let upright = free.width >= free.height;
    let side = if upright { free.height } else { free.width };
    let depth = if side > 0.0 { sum / side } else { 0.0 };
    let mut at = 0.0;
    for area in row {
        let length = if depth > 0.0 { area / depth } else { 0.0 };
        places.push(if upright {
            Place { x: free.x, y: free.y + at, width: depth, height: length }
        } else {
            Place { x: free.x + at, y: free.y, width: length, height: depth }
        });
        at += length;
    }
    if upright {
        free.x += depth;
        free.width = (free.width - depth).max(0.0);
    } else {
        free.y += depth;
        free.height = (free.height - depth).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_in_the_ratio_of_sizes_and_fill_the_whole() {
        for sizes in [vec![6, 6, 4, 3, 2, 2, 1], vec![1_000_000, 1], vec![5], (1..=200).rev().collect()] {
            let places = squarified(&sizes, 1000.0, 360.0);
            let total: u64 = sizes.iter().sum();
            assert_eq!(places.len(), sizes.len());
            for (place, size) in places.iter().zip(&sizes) {
                let wanted = *size as f64 / total as f64 * 360_000.0;
                assert!((place.width * place.height - wanted).abs() < 0.01, "{place:?} for {size}");
                assert!(place.x >= 0.0 && place.x + place.width < 1000.01, "{place:?}");
                assert!(place.y >= 0.0 && place.y + place.height < 360.01, "{place:?}");
            }
        }
        assert_eq!(squarified(&[0, 0], 10.0, 10.0), []);
    }
}
