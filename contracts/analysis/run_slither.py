"""Runs every detector of Slither on a standard-JSON input, and prints a line of JSON a finding: check, impact, where and at.

Where is the function or name; at is what of its source the finding is about, without line numbers, which move.

Usage: run_slither.py INPUT.json SOLC, in a directory where the sources lie under their names.
"""

import inspect
import json
import sys

from crytic_compile import CryticCompile
from crytic_compile.platform.solc_standard_json import SolcStandardJson
from slither import Slither
from slither.detectors import all_detectors
from slither.detectors.abstract_detector import AbstractDetector

slither = Slither(CryticCompile(SolcStandardJson(sys.argv[1]), solc=sys.argv[2]))
for name in dir(all_detectors):
    detector = getattr(all_detectors, name)
    if inspect.isclass(detector) and issubclass(detector, AbstractDetector) and detector is not AbstractDetector:
        slither.register_detector(detector)

for found in slither.run_detectors():
    for finding in found:
        first = finding["elements"][0]
        if "openzeppelin" in first["source_mapping"]["filename_relative"]:
            continue  # audited by others, and not ours to change
        owner = first.get("type_specific_fields", {}).get("parent", {}).get("name", "")
        where = f"{owner}.{first['name']}"
        at = [element["name"] for element in finding["elements"][1:]]
        print(json.dumps({"check": finding["check"], "impact": finding["impact"], "where": where, "at": at}))
