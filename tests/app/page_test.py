"""The page in a browser: what people do, and what hostile files and names do not."""

import re
import shutil
import threading

import pytest
from PIL import Image

from tests.app.stand_in import encode_color, make_desk
from tests.image_files import encode
from tests.index.stand_in import ColorModel, write_color, write_colors
from tfreid.index.index import Index

uvicorn = pytest.importorskip("uvicorn", reason="the extra tfreid[app] is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="no driver of a browser")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
pytestmark = pytest.mark.skipif(not BROWSER, reason=f"none of {', '.join(BROWSERS)} is installed")

HOSTILE = "0003_c2_<img src=x onerror=document.title=1>.png"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='document.title=1'/>"
GIF = encode(Image.new("RGB", (8, 16)), "GIF")
PHOTO = {"name": "photo.png", "mimeType": "image/png", "buffer": encode_color((250, 0, 250))}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def serve():
    """A function that serves the page of a desk, and returns its address."""
    from tfreid.app.application import make_application
    from tfreid.app.server import listen

    servers = []

    def start(desk):
        listener = listen("127.0.0.1", 0)
        page = make_application(desk, ("127.0.0.1",))
        server = uvicorn.Server(uvicorn.Config(page, log_config=None, log_level="warning"))
        run = {"target": server.run, "kwargs": {"sockets": [listener]}}
        servers.append((server, listener, threading.Thread(**run)))
        servers[-1][-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, listener, thread in servers:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def address(serve, tmp_path_factory):
    """The page of an index of 12 colors and one more under a hostile name."""
    folder = tmp_path_factory.mktemp("page")
    index = Index(str(folder / "i"), ColorModel())
    index.add(write_colors(folder / "a", 12, people=4))
    index.add(write_color(folder / "b" / HOSTILE, (250, 0, 250)))
    index.calibrate(write_colors(folder / "c", 96, seed=1, people=24))
    return serve(make_desk(folder / "i"))


@pytest.fixture
def open_page(browser):
    """A function that opens an address as a new person does, who agrees to the note on the law."""
    contexts, asked, faults = [], [], []

    def open_one(address, **look):
        contexts.append(browser.new_context(**look))
        contexts[-1].set_default_timeout(20_000)
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not faults
    home = ("http://127.0.0.1:", "blob:http://127.0.0.1:", "data:")
    assert asked and all(url.startswith(home) for url in asked)


def give(page, photo, agrees=True):
    page.wait_for_selector("#summary:not(:empty)")  # it listens
    page.set_input_files("#photo", photo)
    if agrees:
        page.click("dialog button[value=yes]")


def test_a_photo_is_answered_by_cards_whose_names_are_text(open_page, address):
    page = open_page(address)
    give(page, {**PHOTO, "name": HOSTILE})
    page.wait_for_selector(".card")
    assert page.locator(".card").count() == 6
    assert HOSTILE in page.locator(".card").first.inner_text()
    page.wait_for_load_state("networkidle")  # the pictures are there, or known to be gone
    assert page.locator(".card img").count() == 6 and page.locator("img[src=x]").count() == 0
    page.locator(".card button").first.click()
    page.wait_for_selector(".card.same")
    assert page.title() == "Who is it?"


def test_a_card_tells_how_sure_it_is_and_cards_come_in_groups(open_page, address):
    page = open_page(address)
    give(page, PHOTO)
    page.wait_for_selector(".card")
    words = [card.inner_text() for card in page.locator(".card").all()]
    assert all(re.search("alike|not sure", text) and "strangers as near" in text for text in words)
    assert page.locator(".card meter").count() == 6
    page.locator(".card button").first.click()
    page.wait_for_selector(".card.same")
    page.select_option("#group", "camid")
    names = page.locator(".group").all_inner_texts()
    assert len(names) == len(set(names)) > 1 and all("camera" in name for name in names)
    assert page.locator(".card").count() == 6 and page.locator(".card.same").count() == 1


def test_nothing_is_searched_before_the_note_on_the_law_is_agreed_to(open_page, address):
    page = open_page(address)
    give(page, PHOTO, agrees=False)
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="hidden")
    assert page.locator(".card").count() == 0
    page.click("#search")
    page.click("dialog button[value=yes]")
    page.wait_for_selector(".card")
    page.reload()
    give(page, PHOTO, agrees=False)
    page.wait_for_selector(".card")


def test_what_is_no_photo_is_one_card_that_names_it(open_page, address):
    page = open_page(address)
    give(page, PHOTO)
    for number, content in enumerate((b"", SVG, GIF)):
        page.wait_for_selector(".card")
        name = f"<b>{number}</b>\u202egpj.png"  # from there on from right to left
        give(page, {**PHOTO, "name": name, "buffer": content}, agrees=False)
        page.wait_for_selector(".error")
        assert page.inner_text(".error").startswith(name.replace("\u202e", "\ufffd"))
        assert page.locator(".card").count() == 0
        give(page, PHOTO, agrees=False)


def test_a_file_that_is_too_large_is_not_sent(open_page, address, tmp_path):
    with open(tmp_path / "large.jpg", "wb") as file:
        file.truncate(400 * 2**20)
    page = open_page(address)
    give(page, tmp_path / "large.jpg", agrees=False)
    page.wait_for_selector(".error")
    assert "400 MB" in page.inner_text(".error")


def test_an_empty_index_says_so_and_a_folder_can_be_added(open_page, serve, tmp_path):
    write_colors(tmp_path / "a", 3)
    page = open_page(serve(make_desk(tmp_path / "i")))
    give(page, PHOTO)
    page.wait_for_selector(".error")
    assert page.inner_text("#summary").startswith("There are no pictures")
    page.click("summary")
    page.fill("#folder", str(tmp_path / "a"))
    page.keyboard.press("Enter")
    page.wait_for_selector("#told:has-text('3 images added')")
    page.click("#search")
    page.wait_for_selector(".card")


def test_two_people_at_once_get_their_own_answers(open_page, address):
    pages = [open_page(address), open_page(address)]
    photos = [PHOTO, {**PHOTO, "name": "bad.png", "buffer": b"no"}]
    for page, photo in zip(pages, photos):
        give(page, photo)
    pages[0].wait_for_selector(".card")
    pages[1].wait_for_selector(".error")


def test_one_of_several_people_is_looked_for_by_keys_alone(open_page, address):
    """Left half red, right half of the hostile file's color; the keys move the box to the right."""
    page = open_page(address)
    frame = Image.new("RGB", (80, 40), (200, 0, 0))
    frame.paste((250, 0, 250), (40, 0, 80, 40))
    give(page, {**PHOTO, "buffer": encode(frame, "PNG")}, agrees=False)
    page.wait_for_selector("#frame:focus")
    assert page.locator(".card").count() == 0
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".card")
    assert "distance 0.000" in page.locator(".card").first.inner_text()


def test_on_a_phone_nothing_is_wider_than_the_screen_and_strangers_are_told(open_page, address):
    """1 % of false accepts in 13 pictures: 0.13 strangers."""
    page = open_page(address, viewport={"width": 360, "height": 740}, color_scheme="dark")
    page.wait_for_selector("#summary:not(:empty)")
    page.select_option("#accepts", "1")
    give(page, PHOTO)
    page.wait_for_selector(".card")
    assert page.locator(".card").count() == 1
    assert re.search(r"\b0\.1[0-3]?\b", page.inner_text("#status"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
