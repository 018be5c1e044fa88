//! What is to be done so that a unit is there as it was asked for; what is there already is adopted.
use super::{
    conflict::{conflict, in_use},
    found::Found,
    step::Step,
    unit::unit,
    wanted::{Wanted, comment_of, same_address},
    zvol::zvol,
};
use ansible_module::{ErrorKind, Failure};
use truenas_client::{Group, Portal};

/// Something that a target refers to: it is there, or a step makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Its id (of a login, its tag).
    Is(u64),
    /// It is created by a step before.
    New,
}

/// What a group of the target is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WantedGroup {
    pub(super) portal: Part,
    pub(super) initiator: Option<Part>,
    pub(super) auth: Option<Part>,
    pub(super) mutual: bool,
}

/// The steps, and the groups that they lead to.
#[derive(Debug, Default)]
pub(super) struct Presence {
    pub(super) steps: Vec<Step>,
    pub(super) groups: Vec<WantedGroup>,
    /// What can't be compared, or should be looked at.
    pub(super) notes: Vec<String>,
}

/// The plan. A failure: what is there contradicts what was asked for.
pub(super) fn plan(wanted: &Wanted, found: &Found) -> Result<Presence, Failure> {
    let mut plan = Presence::default();
    let Some(volume) = &wanted.volume else { return Ok(plan) };
    plan.steps.extend(zvol(volume, wanted, found)?);
    let portals = plan.portals(wanted, found)?;
    let initiator = plan.initiator(wanted, found);
    let auth = plan.auth(wanted, found);
    plan.target(wanted, found, &portals, initiator, auth);
    let unit = unit(volume, wanted, found)?;
    plan.steps.extend(unit.steps);
    plan.notes.extend(unit.notes);
    let initiators = found.logged_in();
    if plan.steps.iter().any(Step::disturbs) && !initiators.is_empty() && !wanted.force {
        return Err(in_use(wanted, initiators));
    }
    if let Some(obsolete) = plan.obsolete_initiator(wanted, found) {
        plan.steps.push(obsolete);
    }
    if !found.service.enabled {
        plan.steps.push(Step::EnableService);
    }
    if !found.service.is_running() {
        plan.steps.push(Step::StartService);
    }
    Ok(plan)
}

impl Presence {
    /// Those of the target if none is asked for.
    fn portals(&mut self, wanted: &Wanted, found: &Found) -> Result<Vec<Part>, Failure> {
        let existing: Vec<_> = found.groups().iter().map(|group| Part::Is(group.portal)).collect();
        let Some(asked) = &wanted.portal else {
            if !existing.is_empty() {
                return Ok(existing);
            }
            let everywhere = found.portals.iter().find(|portal| listens(portal, is_wildcard));
            return match (everywhere, &found.portals[..]) {
                (Some(portal), _) | (None, [portal]) => Ok(vec![Part::Is(portal.id)]),
                (None, []) => Ok(vec![self.new_portal("0.0.0.0")]),
                (None, several) => Err(conflict(format!(
                    "TrueNAS has {} portals. Choose one by its address with `portal`: {}.",
                    several.len(),
                    several.iter().map(shown).collect::<Vec<_>>().join(" or ")
                ))),
            };
        };
        let exactly = found.portals.iter().find(|portal| listens(portal, |ip| same_address(ip, asked)));
        let address = asked.parse::<std::net::IpAddr>().ok();
        let in_other_words = || {
            let is_it = |portal: &&Portal| {
                if address.is_some() {
                    // TrueNAS listens there already.
                    listens(portal, |ip| is_wildcard(ip) && ip.contains(':') == asked.contains(':'))
                } else {
                    portal.comment == *asked || portal.id.to_string() == *asked
                }
            };
            found.portals.iter().find(is_it)
        };
        match (exactly.or_else(in_other_words), address) {
            (Some(portal), _) => Ok(vec![Part::Is(portal.id)]),
            // In the shortest form, in which TrueNAS has its own addresses.
            (None, Some(address)) => Ok(vec![self.new_portal(&address.to_string())]),
            (None, None) => Err(Failure::new(
                ErrorKind::NotFound,
                format!(
                    "TrueNAS has no portal with the address, comment or id {asked:?}. It has: {}.",
                    found.portals.iter().map(shown).collect::<Vec<_>>().join(" and ")
                ),
            )),
        }
    }

    fn new_portal(&mut self, address: &str) -> Part {
        self.steps.push(Step::CreatePortal { address: address.into() });
        Part::New
    }

    /// A group of others is referred to, never changed.
    fn initiator(&mut self, wanted: &Wanted, found: &Found) -> Option<Part> {
        let existing = found.groups().first().and_then(|group| group.initiator);
        let Some(names) = &wanted.initiators else { return existing.map(Part::Is) };
        let of_those = || found.initiators.iter().filter(|group| group.names == *names);
        let kept = of_those().find(|group| Some(group.id) == existing);
        let own = || of_those().find(|group| group.comment == comment_of(&wanted.name));
        match kept.or_else(own) {
            Some(group) => Some(Part::Is(group.id)),
            // All may log in where none is named.
            None if names.is_empty() => None,
            None => Some(of_those().next().map_or_else(|| self.new_initiator(), |group| Part::Is(group.id))),
        }
    }

    fn new_initiator(&mut self) -> Part {
        self.steps.push(Step::CreateInitiator);
        Part::New
    }

    fn auth(&mut self, wanted: &Wanted, found: &Found) -> Option<Part> {
        let existing = found.groups().first().and_then(|group| group.auth);
        let Some(chap) = &wanted.chap else { return existing.map(Part::Is) };
        let of_user = || found.auths.iter().filter(|auth| auth.user == chap.user);
        let has_secret = |secret: &ansible_module::Secret| secret.expose() == chap.secret.expose();
        let own = of_user().find(|auth| Some(auth.tag) == existing);
        if let Some(own) = own {
            let differs = own.secret.as_ref().map(|secret| !has_secret(secret));
            let changes = differs.unwrap_or(wanted.update_secret);
            if differs.is_none() && !wanted.update_secret {
                self.notes.push(format!(
                    "The secret of CHAP user {} can't be read with this API key, so it was not compared. Set `update_secret: true` to write it.",
                    chap.user
                ));
            }
            // Others log in with it, too: they keep theirs, and this target gets one of its own.
            if !changes {
                return Some(Part::Is(own.tag));
            }
            if !found.is_auth_needed_by_others(own.tag) {
                self.steps.push(Step::ChangeSecret { id: own.id, user: own.user.clone() });
                return Some(Part::Is(own.tag));
            }
        }
        let is_alone = |tag: u64| found.auths.iter().filter(|auth| auth.tag == tag).count() == 1;
        let same = of_user()
            .filter(|auth| is_alone(auth.tag) && !found.is_for_discovery(auth.tag))
            .find(|auth| auth.secret.as_ref().is_some_and(has_secret));
        if let Some(same) = same {
            return Some(Part::Is(same.tag));
        }
        // One that no target uses is left alone all the same: nothing says whose it is.
        let is_unused = |tag: u64| Some(tag) != existing && !found.is_auth_needed_by_others(tag);
        for unused in of_user().filter(|auth| is_unused(auth.tag)) {
            self.notes.push(format!(
                "TrueNAS also has a CHAP user {} with tag {}, which no target uses. Delete it there if it is left over.",
                unused.user, unused.tag
            ));
        }
        let tag = found.auths.iter().map(|auth| auth.tag).max().unwrap_or_default() + 1;
        self.steps.push(Step::CreateAuth { tag, user: chap.user.clone() });
        Some(Part::New)
    }

    fn target(
        &mut self,
        wanted: &Wanted,
        found: &Found,
        portals: &[Part],
        initiator: Option<Part>,
        auth: Option<Part>,
    ) {
        let mutual = auth.is_some() && found.groups().iter().any(|group| group.mutual);
        self.groups =
            portals.iter().map(|portal| WantedGroup { portal: *portal, initiator, auth, mutual }).collect();
        match found.target() {
            None => self.steps.push(Step::CreateTarget { name: wanted.name.clone() }),
            Some(target) => {
                let same = target.groups.len() == self.groups.len()
                    && target.groups.iter().all(|group| self.groups.contains(&WantedGroup::of(group)));
                if !same {
                    self.steps.push(Step::Regroup { id: target.id, name: target.name.clone() });
                }
            }
        }
    }

    /// The group of initiators that this module made for the target, once the target refers to another.
    fn obsolete_initiator(&self, wanted: &Wanted, found: &Found) -> Option<Step> {
        let is_used = |id: u64| {
            found.others().any(|group| group.initiator == Some(id))
                || self.groups.iter().any(|group| group.initiator == Some(Part::Is(id)))
        };
        let own = found
            .initiators
            .iter()
            .find(|group| group.comment == comment_of(&wanted.name) && !is_used(group.id));
        own.map(|group| Step::DeleteInitiator { id: group.id })
    }
}

impl WantedGroup {
    fn of(group: &Group) -> Self {
        Self {
            portal: Part::Is(group.portal),
            initiator: group.initiator.map(Part::Is),
            auth: group.auth.map(Part::Is),
            mutual: group.mutual,
        }
    }
}

fn listens(portal: &Portal, is_it: impl Fn(&str) -> bool) -> bool {
    portal.listen.iter().any(|(ip, _)| is_it(ip))
}

fn is_wildcard(ip: &str) -> bool {
    ["0.0.0.0", "::"].contains(&ip)
}

fn shown(portal: &Portal) -> String {
    portal.listen.iter().map(|(ip, _)| ip.as_str()).collect::<Vec<_>>().join(", ")
}
