//! What the database holds, as structs: `cargo migrate new --autogenerate` writes the revision that leads here.

use revchain::Table;

/// Somebody who travels.
#[derive(Table)]
#[table(name = "users")]
pub(crate) struct User {
    #[column(primary_key)]
    id: i64,
    name: String,
    #[column(unique)]
    email: String,
}

/// What somebody likes to see; each user has a row.
#[derive(Table)]
#[table(
    name = "preferences",
    sql = "CREATE TRIGGER users_have_preferences AFTER INSERT ON users
           BEGIN INSERT INTO preferences (user_id) VALUES (new.id); END"
)]
pub(crate) struct Preferences {
    #[column(primary_key, references = "users (id) ON DELETE CASCADE")]
    user_id: i64,
    #[column(default = "'EUR'")]
    currency: String,
    #[column(default = "'km'", check = "distance IN ('km', 'mi')")]
    distance: String,
}

/// A journey of a user.
#[derive(Table)]
#[table(name = "trips", index(name = "trips_of_a_user", on = "user_id, begins_on"))]
pub(crate) struct Trip {
    #[column(primary_key)]
    id: i64,
    #[column(references = "users (id) ON DELETE CASCADE")]
    user_id: i64,
    title: String,
    begins_on: String,
    #[column(check = "ends_on >= begins_on")]
    ends_on: Option<String>,
}

/// A place on the way.
#[derive(Table)]
#[table(name = "places", index(name = "places_in_order", on = "trip_id, position", unique))]
pub(crate) struct Place {
    #[column(primary_key)]
    id: i64,
    #[column(references = "trips (id) ON DELETE CASCADE")]
    trip_id: i64,
    name: String,
    note: Option<String>,
    #[column(default = 0)]
    position: i64,
}
