"""Runs the unittest tests of modules and prints each result: unittest_results.py MODULE..."""

import sys
import unittest


class Result(unittest.TestResult):
    def say(self, result, test):
        print(f"{result}\t{test.id()}", flush=True)

    def addSuccess(self, test):
        self.say("pass", test)

    def addError(self, test, err):
        super().addError(test, err)
        self.say("fail", test)
        print(self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say("fail", test)
        print(self.failures[-1][1])

    def addSkip(self, test, reason):
        self.say("skip", test)

    def addExpectedFailure(self, test, err):
        self.say("pass", test)

    def addUnexpectedSuccess(self, test):
        self.say("fail", test)


if __name__ == "__main__":
    unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:]).run(Result())
