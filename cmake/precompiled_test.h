// What the unit tests share.
#pragma once

#include <gtest/gtest.h>

#include "precompiled.h"
