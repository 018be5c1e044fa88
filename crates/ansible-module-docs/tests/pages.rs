//! The pages of a module that has one of everything, and of a role.
#![allow(clippy::disallowed_methods)] // tests lay out by hand what others would
use ansible_module::{
    Choices, Failure, Module, Options, Plan, Results, Secret, SharedResults, Task,
    docs::{self, ModuleDoc},
};
use ansible_module_docs::{
    Collection, DocsError, examples, fragment, index_page, module_page, role_page, stub,
};

/// Open a door
///
/// A door is opened by its `number`, with *great* care; a door that is open already is left alone. What comes
/// back is in `door.number`, and in `state`.
///
/// - With `speed=fast` there is noise: `bang()`.
/// - `close_door` closes it, and so does `ns.house.close_door`; `DOOR_TOKEN` opens many.
///
/// # Requirements
///
/// - A door.
///
/// # Notes
///
/// - Doors are not windows, see [the guide](https://doors.example/guide).
///
/// # See also
///
/// - `close_door`: The opposite.
/// - `other.house.knock`: What comes before.
/// - [About doors](https://doors.example): All there is to know.
///
/// # Attributes
///
/// - `idempotent`: partial. A door that falls shut is opened again.
/// - `async`: none
#[derive(Options)]
#[options(
    mutually_exclusive(number, name),
    mutually_exclusive(guests, turns),
    required_one_of(number, name),
    required_one_of(number, guests),
    required_together(guests, greeting),
    required_by(greeting, name),
    required_if(speed = Speed::Fast, any(guests, name))
)]
#[allow(dead_code)] // described, never filled
struct DoorOptions {
    /// Which door, counted from the left.
    #[option(aliases("no"), deprecated_aliases("id" = "2.0.0"))]
    number: Option<u8>,
    /// Which door, by its name plate; an `a | b` is possible.
    #[option(version_added = "1.1.0")]
    name: Option<String>,
    /// What the lock is told.
    #[option(env("DOOR_TOKEN", "TOKEN"))]
    token: Secret,
    /// How. With `fast` the hinges suffer.
    #[option(default = Speed::Slow)]
    speed: Speed,
    /// Who walks through.
    guests: Option<Vec<Guest>>,
    /// What they are told, in words such as `yes`: and so on.
    #[option(removed_in = "3.0.0", env = "GREETING")]
    greeting: Option<String>,
    /// Turns of the key.
    #[option(default = 1, choices(1, 2))]
    turns: u8,
}

#[derive(Choices)]
enum Speed {
    /// As `guests` like it.
    Slow,
    /// Not for `guests`.
    Fast,
}

/// Options.
#[derive(Options)]
#[allow(dead_code)] // described, never filled
struct Guest {
    /// A name; not the `number` of a door.
    name: String,
    /// Shoes, if any; with a `name` in them.
    shoes: Option<Shoes>,
}

/// Options.
#[derive(Options)]
#[allow(dead_code)] // described, never filled
struct Shoes {
    /// The `size`, as printed.
    size: f64,
}

#[derive(Results, Default)]
struct DoorResults {
    /// The door whose `number` was given.
    #[result(returned = "when there is one", sample = { "number": 1, "turns": 1.5 })]
    door: Option<Door>,
    /// How it is now.
    #[result(sample = "open")]
    state: Option<State>,
}

#[derive(Results, Default)]
struct Door {
    /// Its `number`.
    number: u64,
    /// Turns of the key, as for `door`.
    #[result(returned = "when counted")]
    turns: Option<f64>,
}

#[derive(Choices)]
enum State {
    /// Open.
    Open,
    /// Not quite `open`.
    Ajar,
}

struct OpenDoor;

impl Module for OpenDoor {
    const NAME: &'static str = "open_door";
    const EXAMPLES: &'static str = "- name: Open it\n  ns.house.open_door:\n    number: 1\n";
    type Options = DoorOptions;
    type Results = DoorResults;
    type Change = ();

    fn new(_: DoorOptions, _: &Task) -> Result<Self, Failure> {
        Ok(OpenDoor)
    }

    fn discover(&mut self, _: &SharedResults<DoorResults>) -> Result<Plan<()>, Failure> {
        Ok(Plan::Nothing)
    }

    fn process(&mut self, (): (), _: &SharedResults<DoorResults>) -> Result<(), Failure> {
        Ok(())
    }

    fn housekeep(&mut self, _: &SharedResults<DoorResults>) -> Result<(), Failure> {
        Ok(())
    }
}

const ROLE: &str = "
argument_specs:
  main:
    short_description: Let somebody in.
    description:
      - Opens C(the door) with M(ns.house.open_door).
    options:
      house_guests:
        type: list
        elements: dict
        description: Who comes.
        options:
          name:
            type: str
            required: true
            description: Of the guest.
      house_quiet:
        type: bool
        default: false
        description:
          - Whether to use O(house_quiet=true).
          - More.
  always:
    short_description: Shut the door
";

fn collection() -> Collection {
    let modules = ["open_door", "close_door"].map(str::to_owned).to_vec();
    Collection { name: "ns.house".into(), authors: vec!["Ada (@ada)".into()], modules }
}

fn door() -> ModuleDoc {
    docs::of::<OpenDoor>()
}

#[test]
fn the_stub_of_a_module() {
    insta::assert_snapshot!(stub(&door(), &collection()).unwrap());
}

#[test]
fn the_options_of_a_module_for_a_plugin() {
    insta::assert_snapshot!(fragment("door", &door().spec, &collection()).unwrap());
}

#[test]
fn the_page_of_a_module() {
    insta::assert_snapshot!(module_page(&door(), &collection()).unwrap().text);
}

#[test]
fn the_page_of_a_role() {
    insta::assert_snapshot!(role_page("visit", ROLE, &collection()).unwrap().text);
}

#[test]
fn the_index() {
    let module = module_page(&door(), &collection()).unwrap();
    let role = role_page("visit", ROLE, &collection()).unwrap();
    insta::assert_snapshot!(index_page(&[module], &[role], &collection()).unwrap());
}

#[test]
fn the_examples_are_tasks() {
    assert_eq!(examples(&door()).unwrap()[0]["ns.house.open_door"]["number"], 1);
}

#[test]
fn faults_say_where_they_are() {
    let faults = [
        (
            ModuleDoc { text: "", ..door() },
            "The doc comment of open_door can't be shown: it has no first sentence.",
        ),
        (
            ModuleDoc { text: "A\n\n# Note\n\n- b", ..door() },
            "The doc comment of open_door can't be shown: the heading `Note` is none of Notes, Requirements, See also, Attributes.",
        ),
        (
            ModuleDoc { text: "A\n\n# Notes\n\nb", ..door() },
            "The doc comment of open_door can't be shown: below `Notes` there may only be a list.",
        ),
        (
            ModuleDoc { text: "A\n\n# Attributes\n\n- `idempotent`: mostly", ..door() },
            "The doc comment of open_door can't be shown: the support of idempotent is none of full, partial, none, N/A: mostly.",
        ),
        (
            ModuleDoc { text: "A\n\n# Attributes\n\n- `check`: full", ..door() },
            "The doc comment of open_door can't be shown: the attribute check is none of check_mode, diff_mode, idempotent, \
             platform, async.",
        ),
        (
            ModuleDoc { text: "A\n\n# See also\n\n- that", ..door() },
            "The doc comment of open_door can't be shown: what to see also is written as `module`: why, or \
             [title](url): why. Not so: that.",
        ),
        (
            ModuleDoc { text: "A\n\n# See also\n\n- `lose_door`: why", ..door() },
            "The doc comment of open_door can't be shown: there is no module lose_door to see also.",
        ),
        (
            ModuleDoc { text: "It's '''quoted'''", ..door() },
            "The doc comment of open_door can't be shown: ''' would end the text in the Python file.",
        ),
        (
            ModuleDoc { examples: "name: Open it", ..door() },
            "The examples of open_door are no list of tasks: the outermost value is no list.",
        ),
        (
            ModuleDoc { examples: "- a", ..door() },
            "The examples of open_door are no list of tasks: item 1 is no dict.",
        ),
        (
            ModuleDoc { examples: "[]", ..door() },
            "The examples of open_door are no list of tasks: the list is empty.",
        ),
    ];
    for (doc, fault) in faults {
        assert_eq!(stub(&doc, &collection()).unwrap_err().to_string(), fault);
    }
    let mut twice = door();
    twice.returns.extend(door().returns);
    let fault = module_page(&twice, &collection()).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "The doc comment of open_door can't be shown: it describes the result door twice."
    );
    let mut in_an_option = door();
    in_an_option.spec.options[0].doc = "> quoted".into();
    let fault = stub(&in_an_option, &collection()).unwrap_err().to_string();
    assert!(
        fault.starts_with("The doc comment of open_door, option number can't be shown: there is no way"),
        "{fault}"
    );
}

#[test]
fn a_role_without_what_its_page_needs_is_refused() {
    for (specs, problem) in [
        ("argument_specs: {}", "main is missing"),
        ("argument_specs: {main: {}}", "main has no short_description"),
    ] {
        let fault = role_page("visit", specs, &collection()).unwrap_err();
        assert_eq!(fault.to_string(), format!("The argument specs of role visit can't be read: {problem}."));
    }
    let no_yaml = role_page("visit", "a: [", &collection());
    assert!(matches!(no_yaml, Err(DocsError::ArgumentSpecs { .. })));
}

#[test]
fn a_collection_is_named_by_its_galaxy_yml() {
    let galaxy = "namespace: ns\nname: house\nauthors: [Ada (@ada)]\n";
    let collection = Collection::from_galaxy(galaxy, vec![]).unwrap();
    assert_eq!((collection.name.as_str(), collection.authors), ("ns.house", vec!["Ada (@ada)".to_owned()]));
    let fault = Collection::from_galaxy("namespace: ns", vec![]).unwrap_err();
    assert_eq!(fault.to_string(), "The galaxy.yml can't be read: name is missing.");
}
