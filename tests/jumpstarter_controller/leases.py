"""What the controller knows, leases and exporters, and the reconcile loop that moves leases along.

Reasons, messages and the order of checks follow the Jumpstarter 0.9.0 controller.
"""

import asyncio
import json
import os
import time
from dataclasses import asdict, dataclass, field

import label_selectors as selectors

AVAILABLE = 2  # jumpstarter.v1.ExporterStatus


@dataclass
class Exporter:
    name: str
    labels: dict
    enabled: bool = True
    online: bool = True
    status: int = AVAILABLE
    message: str = ""


@dataclass
class Lease:
    name: str
    client: str
    selector: str
    exporter_name: str  # asked for; "" when a selector was given
    duration: float  # seconds
    tags: dict
    allow_disabled: bool
    visible_from: float  # the controller looks at a new lease a moment after it was created
    begin_time: float | None = None  # asked for
    exporter: str = ""  # acquired
    effective_begin: float | None = None
    end: float | None = None
    release: bool = False
    conditions: dict = field(default_factory=dict)

    @property
    def ended(self):
        return self.end is not None

    @property
    def holds(self):
        return self.exporter if not self.ended else ""


class Leases:
    """All leases and exporters of one namespace. Times are seconds since the epoch by the controller's clock."""

    def __init__(self, faults, state_file=None):
        self.faults = faults
        self.state_file = state_file
        self.exporters = {}
        self.leases = {}
        self.changed = asyncio.Condition()
        self._saved = None
        if state_file and os.path.exists(state_file):
            with open(state_file) as f:
                saved = json.load(f)
            self.exporters = {e["name"]: Exporter(**e) for e in saved["exporters"]}
            self.leases = {lease["name"]: Lease(**lease) for lease in saved["leases"]}

    def now(self):
        return time.time() + self.faults.clock_offset

    def held_by(self, exporter):
        return next((lease for lease in self.leases.values() if lease.holds == exporter), None)

    async def reconcile(self):
        async with self.changed:
            now = self.now()
            for lease in self.leases.values():
                if not lease.ended:
                    self._end(lease, now)
            for lease in self.leases.values():
                due = max(lease.visible_from, lease.begin_time or 0)
                if not lease.ended and lease.effective_begin is None and now >= due:
                    self._acquire(lease, now)
            self._save()
            self.changed.notify_all()

    async def keep_reconciling(self):
        while True:
            await self.reconcile()
            await asyncio.sleep(0.05)

    def _condition(self, lease, kind, status, reason, message):
        old = lease.conditions.get(kind)
        if old and old["status"] == str(status):
            since = old["since"]
        else:
            since = int(self.now())
        lease.conditions[kind] = {"status": str(status), "reason": reason, "message": message, "since": since}

    def _end(self, lease, now):
        if lease.release:
            self._condition(lease, "Ready", False, "Released", "The lease was marked for release")
            lease.end = now
        elif lease.effective_begin is not None and lease.effective_begin + lease.duration < now:
            self._condition(lease, "Ready", False, "Expired", "The lease has expired")
            lease.end = now

    def _acquire(self, lease, now):
        def unsatisfiable(reason, message):
            self._condition(lease, "Unsatisfiable", True, reason, message)
            lease.end = now

        def pending(reason, message):
            self._condition(lease, "Pending", True, reason, message)

        if lease.exporter_name:
            exporter = self.exporters.get(lease.exporter_name)
            if exporter is None:
                return unsatisfiable(
                    "ExporterNotFound", f"Requested exporter {lease.exporter_name} was not found"
                )
            if not selectors.matches(lease.selector, exporter.labels):
                return unsatisfiable(
                    "SelectorMismatch",
                    f"Requested exporter {exporter.name} does not match selector {lease.selector}",
                )
            if not exporter.enabled and not lease.allow_disabled:
                return unsatisfiable("ExporterDisabled", f"Requested exporter {exporter.name} is disabled.")
            found = [exporter]
        else:
            found = [e for e in self.exporters.values() if selectors.matches(lease.selector, e.labels)]
            if found and not lease.allow_disabled and not any(e.enabled for e in found):
                return unsatisfiable("AllDisabled", f"All {len(found)} matching exporters are disabled.")
            found = [e for e in found if e.enabled or lease.allow_disabled]
        if not found:
            return unsatisfiable(
                "NoAccess",
                "While there are 0 exporters matching the selector, none of them are approved by any policy for your "
                "client",
            )
        online = [e for e in found if e.online and e.name not in self.faults.offline]
        if not online:
            return pending(
                "Offline",
                f"While there are {len(found)} available exporters (i.e. {found[0].name}), none of them are online",
            )
        free = [e for e in online if not self.held_by(e.name)]
        if not free:
            return pending(
                "NotAvailable",
                f"There are {len(online)} approved exporters, (i.e. {online[0].name}) but all of them are already "
                "leased",
            )
        lease.exporter, lease.effective_begin = min(e.name for e in free), now
        self._condition(lease, "Ready", True, "Ready", "An exporter has been acquired for the client")

    def snapshot(self):
        return {
            "exporters": [asdict(e) for e in self.exporters.values()],
            "leases": [asdict(lease) for lease in self.leases.values()],
        }

    def _save(self):
        if not self.state_file:
            return
        text = json.dumps(self.snapshot())
        if text != self._saved:
            with open(f"{self.state_file}.new", "w") as f:
                f.write(text)
            os.replace(f"{self.state_file}.new", self.state_file)
            self._saved = text
