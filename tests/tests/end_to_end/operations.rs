//! Every operation of every built-in connector, against the emulator.

use crate::world::{SYSTEMS, World};
use grantline_core::Error;
use grantline_emulator::System;
use serde_json::Value;

/// How many items the emulator has for each operation that has pages.
fn listed(system: System, operation: &str) -> usize {
    match (system, operation) {
        (System::Appspace, "ListChannels") => 45,
        (System::Appspace, "ListUsers") => 1,
        (System::WorkspaceOneAccess, "ListUsers") => 30,
        (System::Workstream, "ListPositions" | "ListEmployees") => 120,
        _ => panic!("{system:?} {operation} is new: say how many items there are"),
    }
}

#[tokio::test]
async fn every_operation_of_the_built_in_connectors_is_answered() {
    let world = World::new().await;
    for system in SYSTEMS {
        let connection = world.connection(system);
        let operations = &connection.settings().connector().manifest().operations;
        assert!(!operations.is_empty(), "{system:?}");
        for operation in operations {
            let answer = connection.call(&operation.id).send().await;
            let answer = answer.unwrap_or_else(|error| panic!("{}: {error}", operation.id));
            assert!(answer.json::<Value>().await.unwrap().is_object(), "{}", operation.id);
            if operation.paging.is_none() {
                continue;
            }
            let mut items = connection.call(&operation.id).items::<Value>().unwrap();
            let mut seen = std::collections::BTreeSet::new();
            while let Some(item) = items.try_next().await.unwrap() {
                assert!(seen.insert(item["id"].to_string()), "{}: {item} twice", operation.id);
            }
            assert_eq!(seen.len(), listed(system, &operation.id), "{}", operation.id);
        }
    }
}

#[tokio::test]
async fn pages_are_as_large_as_they_are_asked_for() {
    let world = World::new().await;
    let sizes = [
        (System::Appspace, "ListChannels", "limit", 20, 3),
        (System::Appspace, "ListChannels", "limit", 100, 2),
        (System::WorkspaceOneAccess, "ListUsers", "count", 10, 3),
        (System::Workstream, "ListEmployees", "per_page", 60, 2),
        (System::Workstream, "ListEmployees", "per_page", 50, 3),
    ];
    for (system, operation, parameter, size, wanted) in sizes {
        let connection = world.connection(system);
        let mut pages = connection.call(operation).arg(parameter, size).pages().unwrap();
        let (mut count, mut requests) = (0, 0);
        while let Some(page) = pages.try_next().await.unwrap() {
            count += page.items.len();
            requests += 1;
        }
        assert_eq!((count, requests), (listed(system, operation), wanted), "{operation} by {size}");
    }
}

#[tokio::test]
async fn a_refusal_of_the_api_is_told_in_its_own_words() {
    let world = World::new().await;
    world.settings(System::Appspace, serde_json::json!({ "user_is_admin": false }));
    let error = world.connection(System::Appspace).call("ListUsers").send().await.unwrap_err();
    let Error::Operation { denial, .. } = &error else { panic!("{error}") };
    assert_eq!((denial.status, denial.message.as_deref()), (403, Some("The user lacks the role for this.")));
}
