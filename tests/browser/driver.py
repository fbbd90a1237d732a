# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A browser to look at pages with: Debian's chromium, driven by its chromedriver.

Only what the tests need of the WebDriver protocol (https://www.w3.org/TR/webdriver2/), and of the
browser's own DevTools protocol, which chromedriver passes on.
"""
import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

START_SECONDS = 60
MOST_DIALOGS = 200


class BrowserError(Exception):
    pass


def _call(url, method, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    # A proxy of the environment must not get in between: it is this machine that is spoken to.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=START_SECONDS) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        try:
            value = json.load(error)["value"]
        except ValueError:
            raise BrowserError(str(error)) from None
        raise BrowserError(f'{value["error"]}: {value["message"].splitlines()[0]}') from None
    except OSError as error:        # URLError and what takes too long are such
        raise BrowserError(str(error)) from None


class Browser:
    """One headless window; what it logs and asks the network for is kept."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="oomtrace-browser-")
        self.process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.patience = 20      # seconds for anything that a page has to do by itself
        self.session = None
        try:
            self.session = self._open(self._base())
        except BaseException:
            self.close()
            raise

    def _base(self):
        for line in self.process.stdout:
            started = re.search(r"started successfully on port (\d+)", line)
            if started:
                return f"http://127.0.0.1:{started[1]}"
        raise BrowserError("chromedriver does not start")

    def _open(self, base):
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
                     "--force-device-scale-factor=1", f"--user-data-dir={self.profile}",
                     "--window-size=1280,900"]
        always = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments},
                  "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                  "unhandledPromptBehavior": "ignore"}
        value = _call(base + "/session", "POST", {"capabilities": {"alwaysMatch": always}})
        return f'{base}/session/{value["sessionId"]}'

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.session:
            try:
                _call(self.session, "DELETE")
            except BrowserError:
                pass
        self.session = None
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def open(self, url):
        _call(self.session + "/url", "POST", {"url": url})

    def run(self, script, *arguments):
        """What the body of a function returns."""
        return _call(self.session + "/execute/sync", "POST", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        return _call(self.session + "/goog/cdp/execute", "POST", {"cmd": command, "params": parameters})

    def dialog(self):
        """The text of a dialog that is open, or None."""
        try:
            return _call(self.session + "/alert/text", "GET")
        except BrowserError as error:
            if "no such alert" in str(error):
                return None
            raise

    def leave(self):
        """The page, whatever dialogs it still opens."""
        for _ in range(MOST_DIALOGS):
            try:
                self.open("about:blank")
                return
            except BrowserError as error:
                if "alert" not in str(error):
                    raise
            if self.dialog() is not None:
                _call(self.session + "/alert/dismiss", "POST", {})

    def log(self, kind):
        return _call(self.session + "/se/log", "POST", {"type": kind})

    def console(self):
        """What was written to the console since it was asked last, but for mere talk."""
        return [entry["message"] for entry in self.log("browser") if entry["level"] != "DEBUG"]

    def requests(self):
        """The addresses that were asked for since this was asked last."""
        urls = []
        for entry in self.log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return urls

    def size(self, width, height=900):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=width < 600)

    def media(self, scheme="light", kind=""):
        self.devtools("Emulation.setEmulatedMedia", media=kind,
                      features=[{"name": "prefers-color-scheme", "value": scheme}])

    def press(self, key, modifiers=0):
        """A key as a keyboard gives it: "Tab", "Enter", " " or a letter; 8 is shift."""
        codes = {"Tab": 9, "Enter": 13, " ": 32, "Backspace": 8}
        text = {"Enter": "\r", "Tab": "", "Backspace": ""}.get(key, key)
        event = {"key": key, "code": key if len(key) > 1 else "", "modifiers": modifiers,
                 "windowsVirtualKeyCode": codes.get(key, ord(key.upper()) if len(key) == 1 else 0)}
        self.devtools("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
        self.devtools("Input.dispatchKeyEvent", type="keyUp", **event)

    def picture(self, path, whole=True):
        data = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=whole,
                             **({"clip": self._whole()} if whole else {}))["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def _whole(self):
        size = self.devtools("Page.getLayoutMetrics")["cssContentSize"]
        return {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}

    def paper(self, path):
        data = self.devtools("Page.printToPDF", printBackground=False, paperWidth=8.27,
                             paperHeight=11.69, preferCSSPageSize=False)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def wait(self, script):
        """Until @script returns something true; that it does not in time is what a check finds."""
        end = time.monotonic() + self.patience
        while not (value := self.run(script)):
            assert time.monotonic() < end, f"never came true: {script}"
            time.sleep(0.01)
        return value
