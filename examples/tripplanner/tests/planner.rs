//! What the trip planner does, each test on a database of its own that is already migrated.

use revchain_tripplanner::{Error, MIGRATIONS, Place, Planner, Preferences};

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

fn planner() -> std::result::Result<Planner, Box<dyn std::error::Error>> {
    let planner = Planner::new(MIGRATIONS.in_memory()?);
    planner.add_user("Ann", "Ann@example.org")?;
    Ok(planner)
}

#[test]
fn a_trip_has_its_places_in_the_order_of_the_journey() -> Result {
    let planner = planner()?;
    let trip = planner.plan_trip("ann@example.org", "Lisbon", "2026-05-01", Some("2026-05-08"))?;
    planner.add_place(trip, "Belém", Some("pastéis"))?;
    planner.add_place(trip, "Alfama", None)?;
    let trip = planner.trip(trip)?;
    assert_eq!(trip.title, "Lisbon");
    let names: Vec<&str> = trip.places.iter().map(|place| place.name.as_str()).collect();
    assert_eq!(names, ["Belém", "Alfama"]);
    let belem = Place { name: "Belém".to_owned(), note: Some("pastéis".to_owned()) };
    assert_eq!(trip.places[0], belem);
    Ok(())
}

#[test]
fn trips_are_listed_by_their_first_days() -> Result {
    let planner = planner()?;
    let later = planner.plan_trip("ann@example.org", "Oslo", "2026-09-01", None)?;
    let sooner = planner.plan_trip("ANN@example.org", "Lisbon", "2026-05-01", None)?;
    assert_eq!(planner.trips("ann@example.org")?, [sooner, later]);
    Ok(())
}

#[test]
fn everybody_has_preferences() -> Result {
    let planner = planner()?;
    assert_eq!(planner.preferences("ann@example.org")?.currency, "EUR");
    let wanted = Preferences { currency: "USD".to_owned(), distance: "mi".to_owned() };
    planner.prefer("ann@example.org", &wanted)?;
    assert_eq!(planner.preferences("ann@example.org")?, wanted);
    Ok(())
}

#[test]
fn a_trip_that_ends_before_it_begins_is_refused() -> Result {
    let planner = planner()?;
    let error = planner.plan_trip("ann@example.org", "Back", "2026-05-08", Some("2026-05-01"));
    assert!(matches!(error, Err(Error::EndsBeforeItBegins(_))));
    Ok(())
}

#[test]
fn an_address_is_taken_once_whatever_its_capitals() -> Result {
    let planner = planner()?;
    let error = planner.add_user("Another Ann", "ann@EXAMPLE.org");
    assert!(matches!(error, Err(Error::AddressTaken(_))));
    Ok(())
}

#[test]
fn who_is_not_there_is_named() -> Result {
    let planner = planner()?;
    let error = planner.trips("bob@example.org").expect_err("nobody is called Bob");
    assert_eq!(error.to_string(), "nobody has the address `bob@example.org`");
    let error = planner.add_place(7, "Nowhere", None).expect_err("there is no trip");
    assert_eq!(error.to_string(), "no trip has the number 7");
    Ok(())
}
