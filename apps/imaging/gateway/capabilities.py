"""What a resource can do, as WADL or JSON (PS3.18 8.9). Static: it knows no case."""

import json
from dataclasses import dataclass
from xml.etree import ElementTree

WADL = "application/vnd.sun.wadl+xml"
_NAMESPACE = "http://wadl.dev.java.net/2009/02"


@dataclass(frozen=True, slots=True)
class Offer:
    """One transaction: method, its name in PS3.18, query parameters, media types out and in."""

    method: str
    name: str
    parameters: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


def as_json(path: str, offers: tuple[Offer, ...]) -> bytes:
    return json.dumps(
        {
            "path": path,
            "transactions": [
                {
                    "method": one.method,
                    "name": one.name,
                    "queryParameters": list(one.parameters),
                    "requestMediaTypes": list(one.takes),
                    "responseMediaTypes": list(one.media),
                }
                for one in offers
            ],
        }
    ).encode()


def as_wadl(path: str, offers: tuple[Offer, ...]) -> bytes:
    root = ElementTree.Element("application", xmlns=_NAMESPACE)
    resources = ElementTree.SubElement(root, "resources", base=path)
    resource = ElementTree.SubElement(resources, "resource", path="")
    for one in offers:
        method = ElementTree.SubElement(resource, "method", name=one.method, id=one.name)
        request = ElementTree.SubElement(method, "request")
        if one.media:
            ElementTree.SubElement(request, "param", name="Accept", style="header")
        for parameter in one.parameters:
            ElementTree.SubElement(request, "param", name=parameter, style="query")
        for media in one.takes:
            ElementTree.SubElement(request, "representation", mediaType=media)
        response = ElementTree.SubElement(method, "response")
        for media in one.media:
            ElementTree.SubElement(response, "representation", mediaType=media)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body
