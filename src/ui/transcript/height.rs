//! The heights of all cells as a binary indexed tree: from a row to its cell and back in O(log n).

/// Heights, in order. Sums are rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Heights {
    /// Node `i` (from 1) holds the sum of the `i & -i` heights that end with the i-th.
    tree: Vec<usize>,
    /// Each height.
    each: Vec<usize>,
}

impl Heights {
    pub(super) fn get(&self, at: usize) -> usize {
        self.each.get(at).copied().unwrap_or(0)
    }

    pub(super) fn push(&mut self, height: usize) {
        let node = self.tree.len() + 1;
        let mut sum = height;
        let mut child = node - 1;
        let first = node - (node & node.wrapping_neg());
        while child > first {
            sum += self.tree[child - 1];
            child -= child & child.wrapping_neg();
        }
        self.tree.push(sum);
        self.each.push(height);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        // A node knows only of heights before it: those that stay stay right.
        self.tree.truncate(len);
        self.each.truncate(len);
    }

    pub(super) fn set(&mut self, at: usize, height: usize) {
        let Some(old) = self.each.get_mut(at) else { return };
        let before = std::mem::replace(old, height);
        let mut node = at + 1;
        while node <= self.tree.len() {
            self.tree[node - 1] = self.tree[node - 1] + height - before;
            node += node & node.wrapping_neg();
        }
    }

    /// The rows of the first `count` cells.
    pub(super) fn before(&self, count: usize) -> usize {
        let mut node = count.min(self.tree.len());
        let mut sum = 0;
        while node > 0 {
            sum += self.tree[node - 1];
            node -= node & node.wrapping_neg();
        }
        sum
    }

    pub(super) fn total(&self) -> usize {
        self.before(self.tree.len())
    }

    /// The cell that holds `row`, and which of its rows that is; the end of all where there is no
    /// such row.
    pub(super) fn find(&self, row: usize) -> (usize, usize) {
        let mut at = 0;
        let mut left = row;
        let mut step = self.tree.len().checked_ilog2().map_or(0, |log| 1_usize << log);
        while step > 0 {
            if let Some(&sum) = self.tree.get(at + step - 1)
                && sum <= left
            {
                at += step;
                left -= sum;
            }
            step >>= 1;
        }
        if at == self.tree.len() { (at, 0) } else { (at, left) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_says_what_a_list_says(
            heights in prop::collection::vec(0_usize..20, 0..80),
            changes in prop::collection::vec((0_usize..80, 0_usize..20), 0..20),
            cut in 0_usize..100,
        ) {
            let mut list = heights.clone();
            let mut tree = Heights::default();
            for &height in &heights {
                tree.push(height);
            }
            for (at, height) in changes {
                if let Some(place) = list.get_mut(at) {
                    *place = height;
                }
                tree.set(at, height);
            }
            list.truncate(cut);
            tree.truncate(cut);
            list.push(3);
            tree.push(3);
            for count in 0..=list.len() {
                prop_assert_eq!(tree.before(count), list[..count].iter().sum::<usize>());
            }
            let rows = list.iter().enumerate().flat_map(|(at, &n)| (0..n).map(move |row| (at, row)));
            let mut total = 0;
            for (row, place) in rows.enumerate() {
                prop_assert_eq!(tree.find(row), place);
                total = row + 1;
            }
            prop_assert_eq!(tree.find(total), (list.len(), 0));
        }
    }
}
