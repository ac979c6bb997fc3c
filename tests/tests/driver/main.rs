//! The contract of a driver: what every database that revchain serves must do, written once and run on every driver.
//!
//! A case is a function over a [`contract::Driver`]; `portable!` lists those for all databases, `sqlite!` those for a
//! SQLite file.

mod amend;
mod contract;
mod half_done;
mod rusqlite;
mod stored;

macro_rules! tests {
    ($driver:ty; $($group:ident { $($case:ident)* })*) => {
        $(mod $group {
            $(#[test]
            fn $case() -> $crate::contract::Result {
                $crate::$group::$case::<$driver>()
            })*
        })*
    };
}

macro_rules! portable {
    ($driver:ty) => {
        tests! { $driver;
            half_done {
                a_later_run_goes_on_behind_the_last_statement
                a_statement_that_is_done_must_not_have_changed
                what_a_resumed_run_did_is_remembered_as_it_was_then
                its_keeper_can_say_that_it_is_applied
                its_keeper_can_say_that_nothing_is_left
                what_was_changed_since_can_be_settled
                a_downgrade_goes_on_behind_its_last_statement
                an_upgrade_finishes_a_begun_downgrade_and_applies_it_again
                a_downgrade_finishes_a_begun_upgrade_first
                stamp_runs_nothing_of_what_is_half_done
                a_transaction_of_its_own_is_undone_whole
            }
            amend {
                the_stored_downgrades_run_and_then_the_files
                from_file_the_files_downgrades_run
                a_failure_leaves_the_database_as_it_was
                a_stored_downgrade_that_the_lock_does_not_have_is_refused
                a_stored_downgrade_that_was_begun_goes_on
                where_the_revision_is_pending_there_is_nothing_to_amend
            }
            stored {
                a_database_ahead_is_refused_with_the_version_that_knows
                a_rolling_deploy_may_allow_it
                they_are_taken_back_in_reverse
                known_ones_follow_down_to_the_target
                one_that_is_not_what_was_stored_stops_the_run_before_the_first_statement
                an_irreversible_one_is_refused
                comments_and_options_are_stored_with_it
                a_begun_one_goes_on_behind_its_last_statement
                a_begun_upgrade_of_an_unknown_revision_is_not_taken_back
                a_corrected_downgrade_replaces_the_stored_one
                a_downgrade_that_was_never_sealed_is_an_edit
            }
        }
    };
}

mod on_rusqlite {
    portable!(crate::rusqlite::Rusqlite);
}
