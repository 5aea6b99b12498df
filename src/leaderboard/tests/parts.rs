//! The parts of a board: the index, the scores of a block, prefix sums.

use super::super::fenwick::Fenwick;
use super::super::index::Index;
use super::super::scores::Scores;
use super::super::stamps::Stamps;
use super::*;

/// Insert a score where it belongs, behind those that are equal. Returns its place.
fn insert(scores: &mut Scores, score: i64) -> usize {
    let at = scores.equal(score).end;
    scores.insert(at, score);
    at
}

/// Whether the index has an owner with this hash in this block.
fn noted(index: &Index, hash: u32, block: u32) -> bool {
    index.find(hash, |other| (other == block).then_some(())).is_some()
}

/// Adds, moves and removes owners, and looks all of them up in between. Hashes are numbers below
/// `hashes`, shifted left by `shift` bits.
fn moves(hashes: u64, shift: u32, blocks: u64, most: usize) {
    let mut rng = SplitMix64(hashes + blocks);
    let mut index = Index::default();
    let mut owners: Vec<(u32, u32)> = Vec::new();
    for step in 0..6 * most {
        let at = rng.below(owners.len().max(1) as u64) as usize;
        let new = rng.below(blocks) as u32;
        if (step / most).is_multiple_of(2) {
            let hash = (rng.below(hashes) as u32) << shift;
            index.insert(hash, new);
            owners.push((hash, new));
        } else if rng.below(5) > 0 && !owners.is_empty() {
            let (hash, block) = owners.swap_remove(at);
            index.remove(hash, block);
        }
        if let Some((hash, block)) = owners.get_mut(at) {
            index.relocate(*hash, *block, new);
            *block = new;
        }
        if step % (most / 2) == 0 {
            assert!(owners.iter().all(|(hash, block)| noted(&index, *hash, *block)));
            assert_eq!(index.len(), owners.len());
        }
    }
    let built = Index::of(owners.iter().copied());
    assert!(owners.iter().all(|(hash, block)| noted(&built, *hash, *block)));
    for (hash, block) in &owners {
        index.remove(*hash, *block);
    }
    assert_eq!(index.len(), 0);
    assert!(owners.iter().all(|(hash, _)| index.find(*hash, Some).is_none()));
}

#[test]
fn index_finds_owners_after_moves() {
    moves(1 << 32, 0, 90, 6000);
    // Hashes of which the index sees little or nothing.
    moves(16, 0, 90, 1500);
    moves(64, 0, 90, 1500);
    moves(16, 28, 90, 1500);
}

#[test]
fn index_holds_any_block_number() {
    moves(1 << 32, 0, 1 << 19, 3000);
    let mut index = Index::default();
    for (hash, block) in [(1, 0), (u32::MAX, 70_000), (1 << 31, 1 << 20), (0, 15), (0, 16)] {
        index.insert(hash, block);
    }
    assert!(noted(&index, 1, 0) && noted(&index, u32::MAX, 70_000));
    assert!(noted(&index, 1 << 31, 1 << 20) && noted(&index, 0, 15) && noted(&index, 0, 16));
    assert!(!noted(&index, 1 << 31, 70_000));
}

#[test]
fn index_resizes_and_checks_all_equal_hashes() {
    let mut index = Index::default();
    let empty = index.bytes();
    let hash = |nth: u32| nth.wrapping_mul(0x9E37_79B1) >> (nth % 3);
    for nth in 0..20_000 {
        index.insert(hash(nth), nth / 200);
    }
    index.insert(5, 1);
    index.insert(5, 1);
    index.relocate(5, 1, 2);
    for block in [1, 2] {
        assert!(noted(&index, 5, block));
        index.remove(5, block);
    }
    for nth in 0..20_000 {
        assert!(noted(&index, hash(nth), nth / 200));
        index.remove(hash(nth), nth / 200);
    }
    assert_eq!(index.len(), 0);
    assert!(index.bytes() < empty + 20_000);
}

#[test]
fn near_scores_are_stored_in_32_bits() {
    let narrow = |scores: &Scores| matches!(scores, Scores::Near { .. });
    let full = i64::from(u32::MAX);
    for scores in [vec![], vec![0], vec![i64::MAX], vec![i64::MIN; 9], vec![full, 0]] {
        assert!(narrow(&Scores::of(&scores)));
        assert!(Scores::of(&scores).after(0).eq(scores));
    }
    let ends = [i64::MAX, i64::MIN];
    for scores in [[full + 1, 0], [0, -full - 1], ends] {
        assert!(!narrow(&Scores::of(&scores)));
        assert!(Scores::of(&scores).after(0).eq(scores));
    }
    // What lies too far off for the base that was chosen moves the base.
    let mut scores = Scores::of(&[0]);
    assert_eq!((insert(&mut scores, full), insert(&mut scores, full - 1)), (0, 1));
    assert!(narrow(&scores));
    assert_eq!((insert(&mut scores, -1), insert(&mut scores, i64::MIN)), (3, 4));
    assert!(!narrow(&scores));
    let mut other = Scores::default();
    other.take(&mut scores, 3..5, 0);
    assert!(narrow(&scores) && !narrow(&other));
    assert!(scores.after(1).eq([full - 1, 0]) && other.after(0).eq([-1, i64::MIN]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn block_scores_behave_like_a_sorted_list(
        steps in prop::collection::vec(
            (prop_oneof![-3i64..3, -(1i64 << 33)..1 << 33, any::<i64>()], 0usize..6),
            1..60,
        ),
    ) {
        let (mut scores, mut model) = (Scores::of(&[]), Vec::new());
        for (score, what) in steps {
            match what {
                0 if !model.is_empty() => {
                    let at = score.unsigned_abs() as usize % model.len();
                    scores.remove(at);
                    model.remove(at);
                }
                1 => {
                    let at = model.len() / 2;
                    let mut lower = Scores::of(&[]);
                    lower.take(&mut scores, at..model.len(), 0);
                    prop_assert!(lower.after(0).eq(model.split_off(at)));
                }
                _ => {
                    let at = model.partition_point(|other| *other >= score);
                    model.insert(at, score);
                    prop_assert_eq!(insert(&mut scores, score), at);
                }
            }
            prop_assert!(scores.after(0).eq(model.iter().copied()));
            let last = model.len().saturating_sub(1);
            prop_assert_eq!(scores.get(last), model.get(last).copied());
        }
    }

    #[test]
    fn prefix_sums_agree_with_plain_sums(
        mut sizes in prop::collection::vec(0u32..4, 0..70),
        at in 0usize..70,
        skip in 0u64..200,
    ) {
        let mut tree = Fenwick::default();
        tree.replace(0, 0, &sizes);
        if let Some(size) = sizes.get_mut(at) {
            *size += 3;
            tree.increase(at, 5);
            tree.decrease(at, 2);
        }
        let before = |at: usize| sizes.iter().take(at).copied().map(u64::from).sum::<u64>();
        prop_assert_eq!(tree.before(at), before(at));
        let place = (0..sizes.len()).find(|at| before(at + 1) > skip).unwrap_or(sizes.len());
        prop_assert_eq!(tree.seek(skip), (place, skip - before(place)));
    }
}

#[test]
fn equal_scores_are_found_however_many() {
    for far in [0, 1 << 40] {
        let mut scores = vec![9 + far; 3];
        scores.extend([5; 20]);
        scores.push(1);
        let scores = Scores::of(&scores);
        assert_eq!(scores.equal(9 + far), 0..3);
        assert_eq!(scores.equal(5), 3..23);
        assert_eq!(scores.equal(1), 23..24);
        assert_eq!((scores.equal(7), scores.equal(0)), (3..3, 24..24));
        assert_eq!((scores.equal(i64::MAX), scores.equal(i64::MIN)), (0..0, 24..24));
    }
}

proptest! {
    #[test]
    fn stamps_agree_with_a_vector(
        steps in prop::collection::vec(
            (
                prop_oneof![0i64..9, (0i64..9).prop_map(|more| (1 << 48) + more), any::<i64>()],
                any::<prop::sample::Index>(),
                0u8..4,
            ),
            1..120,
        ),
        cut in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let (mut stamps, mut model) = (Stamps::of(&[]), Vec::new());
        let same = |stamps: &Stamps, model: &[i64]| {
            (0..=model.len()).all(|at| stamps.get(at) == model.get(at).copied())
        };
        for (stamp, at, what) in steps {
            if what == 0 && !model.is_empty() {
                let at = at.index(model.len());
                stamps.remove(at);
                model.remove(at);
            } else {
                let at = at.index(model.len() + 1);
                stamps.insert(at, stamp);
                model.insert(at, stamp);
            }
            prop_assert!(same(&stamps, &model));
        }
        let (mut other, mut others) = (Stamps::of(&[7, i64::MAX]), vec![7, i64::MAX]);
        let (one, two) = (cut.0.index(model.len() + 1), cut.1.index(model.len() + 1));
        let range = one.min(two)..one.max(two);
        other.take(&mut stamps, range.clone(), 1);
        others.splice(1..1, model.drain(range));
        prop_assert!(same(&stamps, &model) && same(&other, &others));
    }
}
