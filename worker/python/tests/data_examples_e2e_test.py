"""The examples of data work do what they promise, in all their branches."""

import pathlib
import shutil
import tarfile
import tempfile

import pytest
from example_templates import examples, folder, program, short  # noqa: F401  a fixture

from tasker import cli, testing


class TestNightlyBackup:
    @pytest.fixture
    def places(self, tmp_path):
        for name in ("photos", "archive"):
            (tmp_path / name).mkdir()
        (tmp_path / "photos/cat.txt").write_text("miaow")
        return {"folder": str(tmp_path / "photos"), "target": str(tmp_path / "archive")}

    def snapshots(self, task):
        snapshots = pathlib.Path(tempfile.gettempdir(), "tasker-snapshots")
        return list(snapshots.glob(f"snapshot-{task.task_id}*"))

    def test_copy_remains_and_the_snapshot_is_deleted(self, examples, places):
        task, states = examples.run("nightly_backup", places)
        assert states == {
            "snapshot": "complete", "upload": "complete", "verify": "complete", "alert": "skipped",
            "delete_snapshot": "complete",
        }
        with tarfile.open(task.result["copy"]) as copy:
            assert "./cat.txt" in copy.getnames()
        assert self.snapshots(task) == []

    def test_failed_upload_alerts_and_deletes_the_snapshot(self, examples, places):
        shutil.rmtree(places["target"])
        task, states = examples.run("nightly_backup", places)
        assert task.state == "failed"
        assert states == {
            "snapshot": "complete", "upload": "failed", "verify": "pending", "alert": "complete",
            "delete_snapshot": "complete",
        }
        assert examples.client.step(task, "alert").result == {"failed": ["upload"]}
        assert self.snapshots(task) == []

    def test_failed_snapshot_alerts_and_cleans_up_too(self, examples, places):
        shutil.rmtree(places["folder"])
        task, states = examples.run("nightly_backup", places)
        assert (task.state, states["upload"], states["delete_snapshot"]) == (
            "failed", "pending", "complete"
        )
        assert examples.client.step(task, "alert").result == {"failed": ["snapshot"]}


class TestSupplierQuotes:
    def run(self, examples, *prices):
        suppliers = [
            {"name": f"s{n}", **({} if price is None else {"price": price})}
            for n, price in enumerate(prices)
        ]
        return examples.run("supplier_quotes", {"product": "chairs", "suppliers": suppliers})

    def test_cheapest_of_all_answers_wins(self, examples):
        task, states = self.run(examples, 30, 10, 20)
        assert task.result["best"] == {"supplier": "s1", "price": 10}
        assert [quote["price"] for quote in task.result["quotes"]] == [30, 10, 20]
        assert states["search_suppliers"] == "skipped"

    def test_supplier_without_an_answer_is_null_and_noted(self, examples):
        task, _ = self.run(examples, 30, None, 20, 25)
        assert task.result["best"] == {"supplier": "s2", "price": 20}
        assert task.result["quotes"][1] is None
        ask = examples.client.step(task, "ask")
        assert (ask.items_total, ask.items_complete, ask.items_failed) == (4, 3, 1)
        assert ask.error is not None
        (failed,) = examples.client.items(task, "ask", state="failed")
        assert (failed.index, failed.error.type, failed.attempts) == (1, "no_quote", 1)

    def test_half_of_the_answers_is_enough(self, examples):
        task, _ = self.run(examples, None, 20)
        assert task.result["best"]["price"] == 20

    def test_too_few_answers_fail(self, examples):
        task, states = self.run(examples, None, None, 20)
        assert task.state == "failed"
        assert states == {"ask": "failed", "choose": "pending", "search_suppliers": "pending"}

    def test_empty_list_leads_to_a_search(self, examples):
        task, states = self.run(examples)
        assert task.result == {"product": "chairs", "best": None, "quotes": []}
        assert states == {"ask": "complete", "choose": "skipped", "search_suppliers": "complete"}


class TestSalesTotals:
    def test_batches_add_up(self, examples):
        lines = [("north,2,EUR", "south,10,USD", "north,1,GBP")[n % 3] for n in range(250)]
        task, _ = examples.run("sales_totals", {"csv": "\n".join(lines)})
        assert task.result == {"add": {"north": 84 * 2 + 83 * 2, "south": 83 * 5}}
        convert = examples.client.step(task, "convert")
        assert (convert.items_total, convert.items_complete) == (3, 3)
        sizes = [len(each.item["items"]) for each in examples.client.items(task, "convert")]
        assert sizes == [100, 100, 50]

    def test_no_sales_add_up_to_nothing(self, examples):
        task, _ = examples.run("sales_totals", {"csv": ""})
        assert task.result == {"add": {}}

    def test_currency_without_a_rate_fails_the_map(self, examples):
        task, states = examples.run("sales_totals", {"csv": "north,2,ZZZ"})
        assert (task.state, states["add"]) == ("failed", "pending")
        assert examples.error_type(task, "convert") == "item_failed"
        (item,) = examples.client.items(task, "convert")
        assert "ZZZ" in item.error.message


class TestCustomerImport:
    @pytest.mark.parametrize(("count", "last"), [(250, 249), (200, 199), (1, 0), (0, None)])
    def test_all_pages_are_read(self, examples, count, last):
        task, _ = examples.run("customer_import", {"customers": list(range(count))})
        assert task.result == {"store": {"stored": count, "last": last}}

    def test_list_without_an_end_stops_after_twenty_pages(self, examples):
        context = {"customers": list(range(50)), "page_size": 1}
        task, states = examples.run("customer_import", context, short)
        assert (task.state, states["store"]) == ("failed", "pending")
        assert examples.error_type(task, "fetch") == "not_reached"


class TestExchangeRates:
    def test_busy_bank_is_asked_again(self, examples):
        task, _ = examples.run("exchange_rates", {"currency": "USD", "busy_times": 3})
        assert task.result == {"rate": 0.5}
        assert examples.client.step(task, "fetch").attempts == 4

    def test_bank_that_stays_busy_fails_after_four_attempts(self, examples):
        task, _ = examples.run("exchange_rates", {"currency": "USD", "busy_times": 9})
        fetch = examples.client.step(task, "fetch")
        assert (task.state, fetch.attempts, fetch.error.type) == ("failed", 4, "rate_limited")

    def test_unknown_currency_is_not_tried_again(self, examples):
        task, _ = examples.run("exchange_rates", {"currency": "ZZZ"})
        fetch = examples.client.step(task, "fetch")
        assert (task.state, fetch.attempts) == ("failed", 1)
        assert fetch.error.type == "data_handlers.UnknownCurrency"


class TestWarehouseExport:
    def test_job_is_loaded_once_it_is_done(self, examples):
        task, _ = examples.run("warehouse_export", {"table": "sales", "rounds": 4}, short)
        assert task.result == {"load": {"loaded": "sales"}}
        job = examples.client.step(task, "request").result["job"]
        assert examples.client.step(task, "poll").result == {"job": job, "state": "done"}

    def test_job_that_broke_fails_the_task(self, examples):
        context = {"table": "sales", "outcome": "broken"}
        task, states = examples.run("warehouse_export", context, short)
        assert (task.state, states["poll"], states["load"]) == ("failed", "complete", "failed")
        assert examples.error_type(task, "load") == "condition"

    def test_job_that_never_ends_fails_after_six_looks(self, examples):
        task, states = examples.run("warehouse_export", {"table": "sales", "rounds": 99}, short)
        assert (task.state, states["load"]) == ("failed", "pending")
        assert examples.error_type(task, "poll") == "not_reached"


class TestReleaseBuild:
    def test_each_platform_is_built_from_the_default_list(self, examples):
        task, _ = examples.run("release_build", {"version": "1.2.0"})
        files = [f"app-1.2.0-{platform}" for platform in ("linux", "macos", "windows")]
        assert task.result == {"publish": {"files": files, "style": "complete"}}

    def test_style_problems_do_not_stop_a_release(self, examples):
        context = {"version": "1.2.0", "platforms": ["linux"], "style_problems": 3}
        task, states = examples.run("release_build", context)
        assert task.is_complete and states["style"] == "failed"
        assert task.result["publish"] == {"files": ["app-1.2.0-linux"], "style": "failed"}

    def test_platform_that_cannot_be_built_stops_it(self, examples):
        context = {"version": "1.2.0", "platforms": ["linux", "amiga"]}
        task, states = examples.run("release_build", context)
        assert (task.state, states["build"], states["publish"]) == ("failed", "failed", "pending")
        (failed,) = examples.client.items(task, "build", state="failed")
        assert (failed.item["item"], failed.attempts) == ("amiga", 1)


class TestCompatibilityTests:
    images = [
        f"python-{python}-{name}" for name in ("postgresql", "sqlite") for python in ("3.9", "3.13")
    ]

    def test_each_combination_is_tested(self, examples):
        task, _ = examples.run("compatibility_tests", {})
        assert task.result == {"report": {"tested": self.images, "tests": "complete"}}
        names = [item.name for item in examples.client.items(task, "test")]
        assert names[1] == "test[database=postgresql, python=3.13]"

    def test_an_unsuitable_combination_is_reported(self, examples):
        task, states = examples.run("compatibility_tests", {"broken": [self.images[0]]})
        assert (task.state, states["test"]) == ("complete", "failed")
        assert task.result == {"report": {"tested": [], "tests": "failed"}}


class TestFileImport:
    def run(self, examples, path, text):
        path.write_text(text)
        task, states = examples.run("file_import", {"path": str(path)})
        assert states["delete"] == "complete" and not path.exists()
        return task, states

    def test_csv_takes_its_branch(self, examples, tmp_path):
        task, states = self.run(examples, tmp_path / "new.csv", "ada,1\nbob,2\neve,3\n")
        assert task.result == {"type": "csv", "rows": 3}
        assert states["parse_json"] == "skipped"

    def test_json_takes_the_other_branch(self, examples, tmp_path):
        task, states = self.run(examples, tmp_path / "new.json", "[1, 2]")
        assert task.result == {"type": "json", "rows": 2}
        assert states["parse_csv"] == "skipped"

    def test_unknown_type_skips_the_load_but_not_the_deletion(self, examples, tmp_path):
        task, states = self.run(examples, tmp_path / "new.xml", "<a/>")
        assert task.result == {"type": "xml", "rows": 0}
        assert states["load"] == "skipped"

    def test_broken_file_fails_the_task_and_is_deleted(self, examples, tmp_path):
        task, states = self.run(examples, tmp_path / "new.json", "[1, ")
        assert (task.state, states["parse_json"], states["load"]) == ("failed", "failed", "pending")


class TestArchiveCopies:
    def run(self, examples, tmp_path, *missing):
        places = [tmp_path / name for name in ("a", "b", "c")]
        for place in places:
            if place.name not in missing:
                place.mkdir()
        original = tmp_path / "report.txt"
        original.write_text("all is good")
        context = {"file": str(original), "places": [str(place) for place in places]}
        task, states = examples.run("archive_copies", context)
        copies = [place.name for place in places if (place / "report.txt").exists()]
        return task, states, copies, original.exists()

    def test_all_places_get_a_copy(self, examples, tmp_path):
        task, states, copies, is_left = self.run(examples, tmp_path)
        assert (task.state, copies, is_left) == ("complete", ["a", "b", "c"], False)
        assert states["report_missing"] == "skipped"

    def test_one_place_may_be_missing(self, examples, tmp_path):
        task, states, copies, is_left = self.run(examples, tmp_path, "b")
        assert (task.state, copies, is_left) == ("complete", ["a", "c"], False)
        assert states["report_missing"] == "complete"

    def test_two_missing_places_keep_the_original(self, examples, tmp_path):
        task, states, _, is_left = self.run(examples, tmp_path, "a", "b")
        assert (task.state, is_left) == ("failed", True)
        assert (states["copy"], states["delete_original"]) == ("failed", "pending")


# The context decides how the task ends.
IN_MEMORY = [
    ("loan_offer", {"applicant": {"name": "Ada", "income": 600}, "amount": 1200}),
    ("loan_offer", {"applicant": {"name": "Ada", "income": -60}, "amount": 1200}),
    ("payslip", {"hours": 100, "wage": 20}),
    ("payslip", {"hours": -1, "wage": 20}),
    ("release_build", {"version": "1.2.0", "style_problems": 3}),
    ("release_build", {"version": "1.2.0", "platforms": ["linux", "amiga"]}),
    ("compatibility_tests", {}),
    ("compatibility_tests", {"broken": ["python-3.9-sqlite"]}),
    ("sales_totals", {"csv": "north,2,EUR\nsouth,10,USD"}),
    ("sales_totals", {"csv": "north,2,ZZZ"}),
    ("sales_totals", {"csv": ""}),
    ("nightly_backup", {"folder": "/no/folder", "target": "/no/target"}),
]


@pytest.mark.parametrize(("name", "context"), IN_MEMORY)
def test_run_in_memory_ends_as_on_the_engine(examples, name, context):
    task, _ = examples.run(name, context)
    run = testing.run(folder / f"{name}.yaml", cli.load(str(program)), context)
    assert (run.state, run.result) == (task.state, task.result)
    on_engine = {
        step.name: (step.state, step.result, step.error and step.error.type)
        for step in examples.steps(task)
    }
    assert on_engine == {
        step.name: (step.state, step.result, step.error and step.error.type)
        for step in run.steps.values()
    }
