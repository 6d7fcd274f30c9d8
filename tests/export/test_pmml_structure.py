"""PMML documents have the elements and attributes of the standard, in its order."""

import re
import xml.etree.ElementTree as ET

import numpy as np

from interpkd.export import to_pmml

PREDICATE = "(SimplePredicate|CompoundPredicate|True|False) "
EXPRESSION = "(Constant|FieldRef|NormDiscrete|Discretize|Apply) "
BEGIN = "MiningSchema Output (LocalTransformations )?"
MODEL = "functionName algorithmName?"

# Content and attributes, "?" for optional ones, of what we write: of the XML schema of PMML 4.4.
STANDARD = {
    "PMML": ("Header DataDictionary (TreeModel|RegressionModel|Scorecard) ", "version"),
    "Header": ("Application (Annotation )?", ""),
    "Application": ("", "name version?"),
    "Annotation": ("", ""),
    "DataDictionary": ("(DataField )+", "numberOfFields?"),
    "DataField": ("(Interval )*(Value )*", "name optype dataType"),
    "Interval": ("", "closure leftMargin? rightMargin?"),
    "Value": ("", "value"),
    "TreeModel": (
        f"{BEGIN}Node (ModelVerification )?",
        f"{MODEL} missingValueStrategy? splitCharacteristic?",
    ),
    "RegressionModel": (
        f"{BEGIN}(RegressionTable )+(ModelVerification )?",
        f"{MODEL} normalizationMethod?",
    ),
    "Scorecard": (
        f"{BEGIN}Characteristics (ModelVerification )?",
        f"{MODEL} initialScore? useReasonCodes? reasonCodeAlgorithm? baselineMethod?",
    ),
    "MiningSchema": ("(MiningField )+", ""),
    "MiningField": ("", "name usageType? invalidValueTreatment? missingValueTreatment?"),
    "Output": ("(OutputField )+", ""),
    "OutputField": (
        f"({EXPRESSION})?",
        "name dataType feature? optype? value? rank? isFinalResult?",
    ),
    "LocalTransformations": ("(DerivedField )*", ""),
    "DerivedField": (EXPRESSION, "name optype dataType"),
    "Constant": ("", "dataType?"),
    "FieldRef": ("", "field mapMissingTo?"),
    "NormDiscrete": ("", "field value mapMissingTo?"),
    "Discretize": ("(DiscretizeBin )*", "field dataType?"),
    "DiscretizeBin": ("Interval ", "binValue"),
    "Apply": (f"({EXPRESSION})*", "function"),
    "Node": (
        f"{PREDICATE}(ScoreDistribution )*(Node )*",
        "id? score? recordCount? defaultChild?",
    ),
    "ScoreDistribution": ("", "value recordCount probability?"),
    "SimplePredicate": ("", "field operator value?"),
    "CompoundPredicate": (f"{PREDICATE}({PREDICATE})+", "booleanOperator"),
    "True": ("", ""),
    "False": ("", ""),
    "RegressionTable": (
        "(NumericPredictor )*(CategoricalPredictor )*",
        "intercept targetCategory?",
    ),
    "NumericPredictor": ("", "name coefficient"),
    "CategoricalPredictor": ("", "name value coefficient"),
    "Characteristics": ("(Characteristic )+", ""),
    "Characteristic": ("(Attribute )+", "name? reasonCode? baselineScore?"),
    "Attribute": (PREDICATE, "partialScore?"),
    "ModelVerification": ("VerificationFields InlineTable ", "recordCount? fieldCount?"),
    "VerificationFields": ("(VerificationField )+", ""),
    "VerificationField": ("", "field column? precision? zeroThreshold?"),
    "InlineTable": ("(row )*", ""),
    "row": (r"([xy]\d+ ){2,}", ""),
}
CHOICES = {
    "feature": "predictedValue probability entityId transformedValue reasonCode",
    "operator": "equal lessOrEqual greaterThan isMissing isNotMissing",
    "booleanOperator": "or and",
    "optype": "categorical continuous",
    "dataType": "double string",
    "closure": "openOpen openClosed closedClosed",
    "invalidValueTreatment": "returnInvalid asMissing",
    "missingValueStrategy": "defaultChild nullPrediction",
    "normalizationMethod": "none logit softmax",
    "reasonCodeAlgorithm": "pointsAbove pointsBelow",
    "functionName": "classification regression",
}


def test_documents_are_as_the_standard_says(exported):
    text = to_pmml(exported[0], parity="skip")
    root = ET.fromstring(text)  # noqa: S314  # our own
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<PMML ')
    assert root.get("version") == "4.4"
    for element in root.iter():
        assert element.tag.startswith("{http://www.dmg.org/PMML-4_4}")
        tag = element.tag.partition("}")[2]
        if re.fullmatch(r"[xy]\d+", tag):
            continue
        content, attributes = STANDARD[tag]
        children = "".join(one.tag.partition("}")[2] + " " for one in element)
        assert re.fullmatch(content, children), (tag, children)
        given = set(element.attrib)
        wanted = {one for one in attributes.split() if not one.endswith("?")}
        assert wanted <= given <= {one.rstrip("?") for one in attributes.split()}, tag
        for name, value in element.attrib.items():
            assert value in CHOICES.get(name, value).split(" ") or name not in CHOICES


def test_fields_are_named_once_and_known_where_they_are_used(exported):
    root = ET.fromstring(to_pmml(exported[0], parity="skip"))  # noqa: S314  # our own
    names = [
        element.get("name")
        for tag in ("DataField", "DerivedField", "OutputField")
        for element in root.iter("{http://www.dmg.org/PMML-4_4}" + tag)
    ]
    assert len(names) == len({*names})
    for element in root.iter():
        is_predictor = element.tag.endswith("Predictor")
        used = element.get("name") if is_predictor else element.get("field")
        assert used is None or used in names


def test_numbers_are_written_to_the_last_digit(student_of):
    student, _ = student_of("complete, linear")
    text = to_pmml(student, parity="skip")
    for value in [*student.coef_, student.intercept_]:
        assert f'"{float(value)!r}"' in text
    assert "np.float" not in text


def test_a_trees_probabilities_are_its_own(student_of):
    student, _ = student_of("tree, multiclass")
    root = ET.fromstring(to_pmml(student, parity="skip"))  # noqa: S314  # our own
    prefix = "{http://www.dmg.org/PMML-4_4}"
    nodes = {int(one.get("id")): one for one in root.iter(f"{prefix}Node")}
    tree = student.student_.steps[-1][1].tree_
    for number, node in nodes.items():
        shares = [one.get("probability") for one in node.findall(f"{prefix}ScoreDistribution")]
        np.testing.assert_array_equal(np.array(shares, dtype=float), tree.value[number, 0])
