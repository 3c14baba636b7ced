"""The OpenAPI document tells the truth: a fuzzer of somebody else's finds nothing against it."""

import subprocess
import sys
from pathlib import Path

import httpx

# Not `positive_data_acceptance`: no schema can say that end_at is after start_at.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,negative_data_rejection,"
    "unsupported_method,use_after_free,ignored_auth"
)


def test_schemathesis_finds_no_server_error_and_no_undocumented_answer(
    url, a_token, tmp_path, workspace
):
    program = Path(sys.executable).with_name("schemathesis")
    own = workspace.rsplit("/", 1)[-1]  # another one is not found, whatever is asked there
    (tmp_path / "schemathesis.toml").write_text(f'[parameters]\nworkspace_uuid = "{own}"\n')
    done = subprocess.run(
        [
            program,
            *("run", f"{url}/openapi.json", "--checks", CHECKS),
            *("--header", f"Authorization: Bearer {a_token('admin')}"),
            *("--max-examples", "20", "--seed", "1", "--no-color"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stdout[-6000:]
    assert "Tested: 80" in done.stdout


def test_every_operation_of_the_timekit_family_is_described_and_names_its_errors(url):
    paths = httpx.get(f"{url}/openapi.json").json()["paths"]
    operations = [
        operation
        for path, methods in paths.items()
        if path.startswith("/v2/")
        for operation in methods.values()
    ]

    assert len(operations) == 27
    for operation in operations:
        assert operation["description"]
        assert {"401", "403", "404", "409", "413", "422", "500", "503"} <= operation[
            "responses"
        ].keys()


def test_every_operation_is_described_and_names_its_errors(url):
    paths = httpx.get(f"{url}/openapi.json").json()["paths"]
    operations = [
        operation
        for path, methods in paths.items()
        if path.startswith("/api/")
        for operation in methods.values()
    ]

    assert len(operations) == 50
    for operation in operations:
        assert operation["description"]
        assert {"401", "403", "404", "409", "422", "429", "500", "503"} <= operation[
            "responses"
        ].keys()
