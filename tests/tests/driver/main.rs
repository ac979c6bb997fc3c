//! The contract of a driver: what every database that revchain serves must do, written once and run on every driver.
//!
//! A case is a function over a [`contract::Driver`]; `portable!` lists those for all databases, `server!` those
//! for a server, `sqlite!` those for a SQLite file.

mod adopting;
mod amend;
mod backup;
mod blocking;
mod busy;
mod connection;
mod contract;
mod failures;
mod functions;
mod half_done;
mod ledger;
mod limits;
mod put_back;
mod rebuild;
mod replacing;
mod rusqlite;
mod sqlx_mysql;
mod sqlx_postgres;
mod sqlx_sqlite;
mod stored;
mod targets;
mod transactions;

macro_rules! tests {
    ($driver:ty; $($group:ident { $($case:ident)* })*) => {
        $(mod $group {
            $(#[test]
            fn $case() -> $crate::contract::Result {
                if <$driver as $crate::contract::Driver>::is_available() {
                    $crate::$group::$case::<$driver>()
                } else {
                    Ok(())
                }
            })*
        })*
    };
}

macro_rules! portable {
    ($driver:ty) => {
        tests! { $driver;
            transactions {
                upgrade_and_downgrade_return_to_where_they_began
                per_run_a_failure_leaves_nothing
                per_revision_a_failure_leaves_what_came_before_it
                a_section_that_stands_alone_ends_the_transaction_before_it
                a_failing_downgrade_leaves_what_it_must
                a_callers_open_transaction_is_refused_and_left_as_it_is
                a_run_with_nothing_to_do_reports_nothing
                where_no_copy_can_be_taken_nothing_is_run
            }
            ledger {
                verbs_that_only_read_make_none
                it_stands_where_the_lock_says
                a_row_says_all_of_its_revision
                a_revision_that_was_applied_in_another_form_stops_every_run
                sets_share_it_and_do_not_meet
                stamp_writes_it_and_runs_nothing
                stamps_of_several_branches_and_a_purge
                rows_that_cannot_be_read_stop_every_run
                each_row_counts_wherever_it_stands
                an_observer_hears_each_revision_begin_and_end
            }
            targets {
                each_target_leads_where_it_says
                branches_are_taken_one_at_a_time_or_all
                one_branch_alone_is_taken_up_and_back
                each_wrong_target_is_refused
                an_irreversible_revision_stops_a_downgrade_before_the_first_statement
                a_revision_spliced_behind_the_head_is_pending
            }
            functions {
                they_upgrade_and_downgrade_like_statements
                one_that_fails_leaves_nothing_and_is_named
                one_that_fails_before_it_changes_a_table_can_run_again
                one_that_ends_the_transaction_is_told_of
                one_that_swallows_an_error_commits_only_what_the_database_lets_it
                one_that_panics_leaves_nothing
                they_share_a_transaction_with_others
                a_set_without_them_stops_before_anything_is_done
                an_older_version_does_not_take_them_back
                amend_runs_the_function_that_the_database_knows
                there_is_no_script_of_them
            }
            adopting {
                what_each_tool_has_applied_is_recorded_and_the_rest_runs
                a_database_without_a_history_is_upgraded_as_ever
                what_is_adopted_is_recorded_wholly_or_not_at_all
                what_was_taken_back_is_not_adopted_again
                many_at_once_adopt_once
                each_history_that_does_not_fit_is_refused_and_nothing_is_written
                each_set_that_does_not_fit_a_history_is_refused
            }
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
                a_prefix_names_it_and_a_wrong_name_is_refused
                a_stored_downgrade_that_was_begun_goes_on
                where_the_revision_is_pending_there_is_nothing_to_amend
                what_moved_is_applied_behind_what_it_needs_since
            }
            replacing {
                where_nothing_of_it_is_applied_the_replacer_runs
                where_all_of_it_is_applied_the_replacer_is_recorded
                a_database_beyond_it_records_it_and_is_in_order_before
                in_the_middle_it_is_refused_with_the_command_that_goes_to_the_end
                a_replaced_revision_can_be_applied_by_its_name_on_an_empty_database
                what_was_recorded_is_taken_back_by_what_it_replaces
                what_was_never_recorded_is_taken_back_as_well
                a_downgrade_ends_in_the_middle_where_the_rows_are_there
                steps_are_counted_over_what_runs
                rows_without_files_are_known_and_taken_back_when_stored_is_said
                a_downgrade_ends_in_the_middle_also_without_files
                without_files_all_of_it_is_recorded_and_a_part_names_who_can
                an_unknown_row_beside_them_is_still_unknown
                a_stamp_speaks_of_what_is_replaced_too
                a_replacer_can_be_replaced_in_turn
                a_replacer_of_a_pruned_replacer_knows_its_rows
                a_run_that_stopped_on_the_way_is_finished_by_the_next
                what_is_half_done_of_it_is_finished_first
                amend_records_it_anew_or_takes_all_of_it_back
                an_irreversible_one_stops_a_downgrade_before_the_first_statement
                a_script_runs_the_replacer
                each_row_of_what_is_replaced_counts_wherever_it_stands
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

/// What a server alone has: locks of others' statements, and a limit for its own.
macro_rules! server {
    ($driver:ty) => {
        tests! { $driver;
            limits {
                what_meets_a_lock_is_tried_again_and_gives_up_after_so_many_tries
                a_statement_that_takes_too_long_is_stopped
            }
        }
    };
}

macro_rules! sqlite {
    ($driver:ty) => {
        tests! { $driver;
            failures {
                the_error_points_into_the_revision
                the_error_points_into_a_downgrade_and_past_line_endings
                the_first_of_a_section_without_a_transaction_leaves_nothing_behind
                a_deferred_violation_lists_the_new_rows_at_commit
                a_statement_that_rolls_back_by_itself_is_an_error_like_others
                a_full_disk_leaves_nothing
                a_ledger_in_a_database_that_is_not_attached_is_said_so
            }
            connection {
                settings_are_as_before_on_every_way_out
                settings_are_as_before_when_the_observer_panics
                settings_that_no_revision_names_are_not_touched
                an_open_savepoint_is_an_open_transaction
            }
            rebuild {
                every_child_row_is_kept
                new_violations_are_refused_and_nothing_is_left
                new_violations_are_told_from_old_ones_by_key
                many_violations_from_before_are_no_hindrance
                the_naive_forms_do_not_compile
                a_rebuild_stands_alone_between_others
            }
            backup {
                a_backup_holds_what_was_there_before
                a_backup_is_read_by_nobody_who_may_not_read_the_database
            }
            busy {
                a_run_waits_for_a_writer_and_gives_up_in_time
                a_run_goes_on_when_the_writer_is_done
                what_another_run_did_meanwhile_is_not_done_again
                two_runs_correct_a_stored_downgrade_once
                a_busy_commit_is_repeated
                in_wal_mode_a_reader_is_in_nobodys_way
                with_nothing_pending_nothing_is_locked_or_written
                a_file_that_cannot_be_written_is_fine_at_the_head
                a_run_in_the_middle_of_a_lone_section_is_waited_for
            }
        }
    };
}

/// What a driver does that copies a database, and puts the copy back.
macro_rules! restoring {
    ($driver:ty) => {
        tests! { $driver;
            put_back {
                the_database_is_as_it_was_before
                a_failing_statement_of_the_lone_section_is_no_longer_half_done
                what_a_revision_does_to_the_file_itself_is_undone
                what_another_connection_wrote_meanwhile_is_not_discarded
                a_copy_that_lies_there_is_told_of_and_left
                a_panic_of_the_observer_puts_it_back_as_well
                what_a_copy_cannot_undo_stays_and_the_error_says_so
                where_another_database_is_attached_the_error_says_what_is_left
            }
        }
    };
}

mod on_rusqlite {
    portable!(crate::rusqlite::Rusqlite);
    sqlite!(crate::rusqlite::Rusqlite);
    restoring!(crate::rusqlite::Rusqlite);
}

mod on_sqlx_sqlite {
    portable!(crate::sqlx_sqlite::SqlxSqlite);
    sqlite!(crate::sqlx_sqlite::SqlxSqlite);
}

mod on_sqlx_postgres {
    portable!(crate::sqlx_postgres::SqlxPostgres);
    server!(crate::sqlx_postgres::SqlxPostgres);
}

mod on_sqlx_mysql {
    portable!(crate::sqlx_mysql::SqlxMysql);
    server!(crate::sqlx_mysql::SqlxMysql);
}
