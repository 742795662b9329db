//! A part of a list that stands for all of it.

/// At most `count` of the items, evenly spaced, in their order.
pub fn evenly_spaced<T>(items: &[T], count: usize) -> impl Iterator<Item = &T> + Clone {
    let kept = items.len().min(count);
    (0..kept).map(move |i| &items[i * items.len() / kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_spaced_evenly_over_the_whole() {
        let part = |count: usize| evenly_spaced(&[0, 1, 2, 3, 4], count).copied().collect::<Vec<_>>();
        assert_eq!([part(0), part(2), part(3), part(9)], [vec![], vec![0, 2], vec![0, 1, 3], vec![0, 1, 2, 3, 4]]);
        assert_eq!(evenly_spaced::<u8>(&[], 3).count(), 0);
    }
}
