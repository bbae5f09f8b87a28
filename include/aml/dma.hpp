/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * C++17 interface: handles that own engines, layouts and requests, over the C interface.
 *
 * The header is all there is: it calls the functions of `aml.h`, `aml/dma/linux.h` and the headers
 * of layouts, which describe what each call does. `doc/guide/languages.md` has examples.
 *
 * **Ownership.** An aml::layout, aml::engine, aml::request and aml::library each own one handle of
 * the C interface and release it when they are destroyed. They can be moved, not copied; a moved
 * one is empty. A layout never owns the memory that it describes, which must stay until every copy
 * that uses it has finished. A request must be destroyed before its engine.
 *
 * **Constness.** An aml::const_layout may be the source of a copy, an aml::layout also the
 * destination. Memory of const elements gives an aml::const_layout.
 *
 * **Errors.** A function that can fail has two forms. One throws aml::error. The other has a last
 * parameter `std::error_code &ec`, sets it, and is noexcept unless it needs memory of its own. The
 * codes are aml::errc. With exceptions turned off (-fno-exceptions), the header has only the second
 * form. Out of memory is the code aml::errc::no_memory; std::bad_alloc comes only from a
 * std::vector or std::promise that the header itself makes.
 *
 * **Threads.** As in the C interface: any thread may use any engine at any time. One object of
 * these classes, other than an engine, is used by one thread at a time, except for calls of const
 * members.
 */
#ifndef AML_DMA_HPP
#define AML_DMA_HPP

#if !defined(__cplusplus) || __cplusplus < 201703L
#error "aml/dma.hpp needs C++17"
#endif

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <future>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>
#if __has_include(<version>)
#include <version>
#endif
#ifdef __cpp_lib_span
#include <span>
#endif
#ifdef __cpp_lib_mdspan
#include <mdspan>
#endif

#include <aml.h>
#include <aml/dma/linux.h>
#include <aml/layout/dense.h>
#include <aml/layout/pad.h>
#include <aml/layout/reshape.h>
#include <aml/layout/steps.h>

#ifdef __cpp_exceptions
/** Defined if the functions that throw exist. */
#define AML_DMA_HPP_EXCEPTIONS 1
#endif

/** The objects and functions of `aml/dma.hpp`. */
namespace aml
{

/** The codes of errors, as in `aml/utils/error.h`. */
enum class errc {
	failure = AML_FAILURE,       /**< A failure that has no code of its own. */
	no_memory = AML_ENOMEM,      /**< Out of memory, threads or descriptors. */
	invalid = AML_EINVAL,        /**< An argument is invalid, or two do not fit. */
	domain = AML_EDOM,           /**< A value is out of its domain. */
	not_supported = AML_ENOTSUP, /**< The object does not have this operation. */
	busy = AML_EBUSY,            /**< Not now: see the call. */
	not_permitted = AML_EPERM    /**< The call would wait for its own caller. */
};

/// @cond
namespace detail
{
class error_category_type final : public std::error_category
{
      public:
	const char *name() const noexcept override
	{
		return "aml-dma";
	}

	std::string message(int code) const override
	{
		return aml_strerror(code);
	}

	/* So that codes compare with std::errc. */
	std::error_condition default_error_condition(int code) const noexcept override
	{
		switch (code) {
		case AML_ENOMEM:
			return std::errc::not_enough_memory;
		case AML_EINVAL:
			return std::errc::invalid_argument;
		case AML_EDOM:
			return std::errc::argument_out_of_domain;
		case AML_ENOTSUP:
			return std::errc::not_supported;
		case AML_EBUSY:
			return std::errc::device_or_resource_busy;
		case AML_EPERM:
			return std::errc::operation_not_permitted;
		default:
			return {code, *this};
		}
	}
};
} // namespace detail
/// @endcond

/** The category of the codes in aml::errc. Its texts are those of aml_strerror(). */
inline const std::error_category &error_category() noexcept
{
	static const detail::error_category_type category;
	return category;
}

/** Make a std::error_code of an aml::errc. */
inline std::error_code make_error_code(errc code) noexcept
{
	return {static_cast<int>(code), error_category()};
}

/**
 * Make a std::error_code of a result of the C interface: 0, or a code of either sign. INT_MIN,
 * which no function of the library returns, but an operator may, gives INT_MAX.
 */
inline std::error_code make_error_code(int result) noexcept
{
	constexpr int largest = std::numeric_limits<int>::max();

	return {result < -largest ? largest : result < 0 ? -result : result, error_category()};
}

} // namespace aml

/// @cond
/* aml::errc converts to std::error_code. */
template <> struct std::is_error_code_enum<aml::errc> : std::true_type {
};
/// @endcond

namespace aml
{

#ifdef AML_DMA_HPP_EXCEPTIONS
/** The exception that the functions of this header throw. Its code() compares with aml::errc. */
class error : public std::system_error
{
      public:
	using std::system_error::system_error;
};

/// @cond
namespace detail
{
inline void throw_if(const std::error_code &ec, const char *what)
{
	if (ec)
		throw error(ec, what);
}
} // namespace detail
/// @endcond
#endif

/** The order of a layout's dimensions: see `aml/layout.h`. */
enum class order : int {
	row_major = AML_LAYOUT_ORDER_C,         /**< The last dimension varies fastest. */
	column_major = AML_LAYOUT_ORDER_FORTRAN /**< The first dimension varies fastest. */
};

/// @cond
namespace detail
{

/*
 * A list of numbers that a call reads: braces, or contiguous memory of exactly this type, such as a
 * std::vector, a std::array, a std::span, an array.
 */
template <class Number> class list
{
      public:
	list() = default;

	list(std::initializer_list<Number> numbers) noexcept : size_(numbers.size())
	{
		data_ = numbers.begin();
	}

	template <class Range,
		  class = std::enable_if_t<std::is_convertible_v<
			  decltype(std::data(std::declval<const Range &>())), const Number *>>>
	list(const Range &range) noexcept : data_(std::data(range)), size_(std::size(range))
	{
	}

	const Number *data() const noexcept
	{
		return data_;
	}

	std::size_t size() const noexcept
	{
		return size_;
	}

	/* The pointer for a parameter of the C interface that NULL leaves at its default. */
	const Number *data_or_null() const noexcept
	{
		return size_ == 0 ? nullptr : data_;
	}

      private:
	const Number *data_ = nullptr;
	std::size_t size_ = 0;
};

/* A type that a call must name: it is not deduced. */
template <class T> struct named_type {
	using type = T;
};
template <class T> using named = typename named_type<T>::type;

template <class T>
inline constexpr bool is_element_v =
	std::is_object_v<T> &&std::is_trivially_copyable_v<T> && !std::is_volatile_v<T>;

template <class T> void *address(T *pointer) noexcept
{
	static_assert(is_element_v<T>, "the elements must be trivially copyable");
	return const_cast<void *>(static_cast<const void *>(pointer));
}

} // namespace detail
/// @endcond

/**
 * A list of extents, offsets or strides: braces, or a vector, an array or a span of std::size_t. In
 * braces, convert variables of other types: `{std::size_t(n), 4}`.
 */
using sizes = detail::list<std::size_t>;
/** A list of steps in bytes: braces, or a vector, an array or a span of std::ptrdiff_t. */
using distances = detail::list<std::ptrdiff_t>;

/**
 * A layout of memory that copies may read. It owns the `aml_layout`, and not the memory.
 *
 * An empty one (default-made or moved from) may only be assigned to, tested and destroyed; in calls
 * it is aml::errc::invalid.
 */
class const_layout
{
      public:
	/** Make an empty one. */
	const_layout() = default;

	/** Take over a layout of the C interface. */
	explicit const_layout(::aml_layout *adopted) noexcept : layout_(adopted)
	{
	}

	/** Take over the layout of another object, which is empty then. */
	const_layout(const_layout &&other) noexcept : layout_(other.release())
	{
	}

	/**
	 * Release the layout of this object, and take over that of another one. If this object is
	 * an aml::layout, called by a reference to its base, and the other one is not, this object
	 * becomes empty: memory that may only be read does not become writable.
	 */
	const_layout &operator=(const_layout &&other) noexcept
	{
		if (this != &other) {
			aml_layout_destroy(&layout_);
			layout_ = other.release();
			if (writable_ && !other.writable_)
				aml_layout_destroy(&layout_);
		}
		return *this;
	}

	/** Release the layout, not the memory. */
	~const_layout()
	{
		aml_layout_destroy(&layout_);
	}

	/** Return whether this object has a layout. */
	explicit operator bool() const noexcept
	{
		return layout_ != nullptr;
	}

	/** The layout of the C interface, still owned by this object. */
	::aml_layout *get() const noexcept
	{
		return layout_;
	}

	/** Give up the layout: the caller releases it with aml_layout_destroy(). */
	[[nodiscard]] ::aml_layout *release() noexcept
	{
		return std::exchange(layout_, nullptr);
	}

	/** The number of dimensions; 0 if this object is empty. */
	std::size_t ndims() const noexcept
	{
		return layout_ == nullptr ? 0 : aml_layout_ndims(layout_);
	}

	/** The extents in user order. */
	std::vector<std::size_t> dims() const
	{
		std::vector<std::size_t> extents(ndims());

		if (!extents.empty() && aml_layout_dims(layout_, extents.data()) != AML_SUCCESS)
			extents.clear();
		return extents;
	}

	/** The size of an element in bytes; 0 if this object is empty. */
	std::size_t element_size() const noexcept
	{
		return layout_ == nullptr ? 0 : aml_layout_element_size(layout_);
	}

	/** See aml_layout_slice(). Empty `offsets` are 0, empty `strides` are 1. */
	const_layout slice(sizes offsets, sizes extents, sizes strides,
			   std::error_code &ec) const noexcept
	{
		return const_layout(slice_raw(offsets, extents, strides, ec));
	}

	/** See aml_layout_reshape(). */
	const_layout reshape(sizes extents, std::error_code &ec) const noexcept
	{
		return const_layout(reshape_raw(extents, ec));
	}

	/** See aml_layout_reverse(). */
	const_layout reverse(std::size_t dim, std::error_code &ec) const noexcept
	{
		return const_layout(reverse_raw(dim, ec));
	}

	/** See aml_layout_duplicate(). */
	const_layout duplicate(std::error_code &ec) const noexcept
	{
		return const_layout(duplicate_raw(ec));
	}

#ifdef AML_DMA_HPP_EXCEPTIONS
	/** As the form with an error code; throws aml::error. */
	const_layout slice(sizes offsets, sizes extents, sizes strides = {}) const
	{
		std::error_code ec;
		const_layout made = slice(offsets, extents, strides, ec);

		detail::throw_if(ec, "aml::const_layout::slice");
		return made;
	}

	/** As the form with an error code; throws aml::error. */
	const_layout reshape(sizes extents) const
	{
		std::error_code ec;
		const_layout made = reshape(extents, ec);

		detail::throw_if(ec, "aml::const_layout::reshape");
		return made;
	}

	/** As the form with an error code; throws aml::error. */
	const_layout reverse(std::size_t dim) const
	{
		std::error_code ec;
		const_layout made = reverse(dim, ec);

		detail::throw_if(ec, "aml::const_layout::reverse");
		return made;
	}

	/** As the form with an error code; throws aml::error. */
	const_layout duplicate() const
	{
		std::error_code ec;
		const_layout made = duplicate(ec);

		detail::throw_if(ec, "aml::const_layout::duplicate");
		return made;
	}
#endif

	/// @cond
      protected:
	/* For aml::layout. */
	constexpr const_layout(::aml_layout *adopted, bool writable) noexcept
	    : layout_(adopted), writable_(writable)
	{
	}

	::aml_layout *slice_raw(const sizes &offsets, const sizes &extents, const sizes &strides,
				std::error_code &ec) const noexcept
	{
		::aml_layout *made = nullptr;
		const std::size_t n = ndims();
		/* The C function cannot know how long its arrays are. */
		bool fit = extents.size() == n && (offsets.size() == 0 || offsets.size() == n) &&
			   (strides.size() == 0 || strides.size() == n);

		ec = make_error_code(!fit ? -AML_EINVAL
					  : aml_layout_slice(layout_, &made, offsets.data_or_null(),
							     extents.data(),
							     strides.data_or_null()));
		return made;
	}

	::aml_layout *reshape_raw(const sizes &extents, std::error_code &ec) const noexcept
	{
		::aml_layout *made = nullptr;

		ec = make_error_code(
			aml_layout_reshape(layout_, &made, extents.size(), extents.data()));
		return made;
	}

	::aml_layout *reverse_raw(std::size_t dim, std::error_code &ec) const noexcept
	{
		::aml_layout *made = nullptr;

		ec = make_error_code(aml_layout_reverse(layout_, &made, dim));
		return made;
	}

	::aml_layout *duplicate_raw(std::error_code &ec) const noexcept
	{
		::aml_layout *made = nullptr;

		ec = make_error_code(aml_layout_duplicate(layout_, &made, nullptr));
		return made;
	}

	::aml_layout *layout_ = nullptr;

      private:
	/* Is this object an aml::layout? */
	bool writable_ = false;
	/// @endcond
};

/** A layout of memory that copies may read and write. */
class layout : public const_layout
{
      public:
	/** Make an empty one. */
	constexpr layout() noexcept : const_layout(nullptr, true)
	{
	}

	/** Take over a layout of the C interface. */
	explicit layout(::aml_layout *adopted) noexcept : const_layout(adopted, true)
	{
	}

	/** Take over the layout of another object, which is empty then. */
	layout(layout &&other) noexcept : const_layout(other.release(), true)
	{
	}

	/** Release the layout of this object, and take over that of another one. */
	layout &operator=(layout &&other) noexcept = default;

	/** As in aml::const_layout. */
	layout slice(sizes offsets, sizes extents, sizes strides,
		     std::error_code &ec) const noexcept
	{
		return layout(slice_raw(offsets, extents, strides, ec));
	}

	/** As in aml::const_layout. */
	layout reshape(sizes extents, std::error_code &ec) const noexcept
	{
		return layout(reshape_raw(extents, ec));
	}

	/** As in aml::const_layout. */
	layout reverse(std::size_t dim, std::error_code &ec) const noexcept
	{
		return layout(reverse_raw(dim, ec));
	}

	/** As in aml::const_layout. */
	layout duplicate(std::error_code &ec) const noexcept
	{
		return layout(duplicate_raw(ec));
	}

#ifdef AML_DMA_HPP_EXCEPTIONS
	/** As the form with an error code; throws aml::error. */
	layout slice(sizes offsets, sizes extents, sizes strides = {}) const
	{
		std::error_code ec;
		layout made = slice(offsets, extents, strides, ec);

		detail::throw_if(ec, "aml::layout::slice");
		return made;
	}

	/** As the form with an error code; throws aml::error. */
	layout reshape(sizes extents) const
	{
		std::error_code ec;
		layout made = reshape(extents, ec);

		detail::throw_if(ec, "aml::layout::reshape");
		return made;
	}

	/** As the form with an error code; throws aml::error. */
	layout reverse(std::size_t dim) const
	{
		std::error_code ec;
		layout made = reverse(dim, ec);

		detail::throw_if(ec, "aml::layout::reverse");
		return made;
	}

	/** As the form with an error code; throws aml::error. */
	layout duplicate() const
	{
		std::error_code ec;
		layout made = duplicate(ec);

		detail::throw_if(ec, "aml::layout::duplicate");
		return made;
	}
#endif
};

/** aml::layout for memory of T, aml::const_layout for memory of const T. */
template <class T> using layout_for = std::conditional_t<std::is_const_v<T>, const_layout, layout>;

/**
 * A dense layout of elements T at `pointer`: see aml_layout_dense_create(). Empty `strides` are 1,
 * empty `pitches` are the extents; otherwise there are as many as extents.
 */
template <class T>
layout_for<T> dense_layout(T *pointer, order way, sizes extents, sizes strides, sizes pitches,
			   std::error_code &ec) noexcept
{
	::aml_layout *made = nullptr;
	const std::size_t n = extents.size();
	bool fit = (strides.size() == 0 || strides.size() == n) &&
		   (pitches.size() == 0 || pitches.size() == n);

	ec = make_error_code(!fit ? -AML_EINVAL
				  : aml_layout_dense_create(&made, detail::address(pointer),
							    static_cast<int>(way), sizeof(T), n,
							    extents.data(), strides.data_or_null(),
							    pitches.data_or_null()));
	return layout_for<T>(made);
}

/**
 * A steps layout of elements T whose element 0 is at `pointer`: see aml_layout_steps_create(). The
 * steps are in bytes, and as many as extents.
 */
template <class T>
layout_for<T> steps_layout(T *pointer, order way, sizes extents, distances steps,
			   std::error_code &ec) noexcept
{
	::aml_layout *made = nullptr;

	ec = make_error_code(steps.size() != extents.size()
				     ? -AML_EINVAL
				     : aml_layout_steps_create(&made, detail::address(pointer),
							       static_cast<int>(way), sizeof(T),
							       extents.size(), extents.data(),
							       steps.data()));
	return layout_for<T>(made);
}

/**
 * A pad over a layout, which it takes over: see aml_layout_pad_create_at(). On an error `target`
 * keeps its layout. Empty `offsets` are 0.
 *
 * `neutral` must have exactly the type of the elements: its bytes are used as they are. A layout
 * only knows the size of its elements. Another size is aml::errc::invalid; an `int` for elements of
 * type `float` is not detected. `pad_layout<float>(…)` converts `neutral` to the type that it
 * names.
 */
template <class Layout, class T>
Layout pad_layout(Layout &&target, order way, sizes extents, const T &neutral, sizes offsets,
		  std::error_code &ec) noexcept
{
	static_assert(std::is_base_of_v<const_layout, Layout> && !std::is_const_v<Layout>,
		      "pass the target by std::move()");
	::aml_layout *made = nullptr;
	const std::size_t n = target.ndims(), zeros[AML_LAYOUT_NDIMS_MAX] = {};
	bool fit = extents.size() == n && (offsets.size() == 0 || offsets.size() == n) &&
		   sizeof(T) == target.element_size();

	ec = make_error_code(
		!fit ? -AML_EINVAL
		     : aml_layout_pad_create_at(&made, static_cast<int>(way), target.get(),
						extents.data(), detail::address(&neutral),
						offsets.size() == 0 ? zeros : offsets.data()));
	if (!ec)
		static_cast<void>(target.release());
	return Layout(made);
}

/** The same, with the type of the elements: `neutral` is converted to it. */
template <class Element, class Layout>
Layout pad_layout(Layout &&target, order way, sizes extents, const detail::named<Element> &neutral,
		  sizes offsets, std::error_code &ec) noexcept
{
	return pad_layout<Layout, Element>(std::move(target), way, extents, neutral, offsets, ec);
}

/**
 * A reshape layout over a layout, which it takes over: see aml_layout_reshape_create(). On an error
 * `target` keeps its layout.
 */
template <class Layout>
Layout reshape_layout(Layout &&target, order way, sizes extents, std::error_code &ec) noexcept
{
	static_assert(std::is_base_of_v<const_layout, Layout> && !std::is_const_v<Layout>,
		      "pass the target by std::move()");
	::aml_layout *made = nullptr;

	ec = make_error_code(aml_layout_reshape_create(&made, target.get(), static_cast<int>(way),
						       extents.size(), extents.data()));
	if (!ec)
		static_cast<void>(target.release());
	return Layout(made);
}

/// @cond
namespace detail
{

/* The element type of contiguous memory: of a span, a vector, a std::array, an array. */
template <class Range>
using element_of = std::remove_pointer_t<decltype(std::data(std::declval<Range &>()))>;

/* Memory that outlives the expression: that of an lvalue, or of a view of the standard library. */
template <class> inline constexpr bool is_view_v = false;
template <class Letter, class Traits>
inline constexpr bool is_view_v<std::basic_string_view<Letter, Traits>> = true;
#ifdef __cpp_lib_span
template <class T, std::size_t N> inline constexpr bool is_view_v<std::span<T, N>> = true;
#endif
template <class Range>
inline constexpr bool outlives_v =
	std::is_lvalue_reference_v<Range> || is_view_v<std::remove_cv_t<Range>>;

template <class View>
layout_for<typename View::element_type> from_mdspan(const View &view, std::error_code &ec) noexcept
{
	using element = typename View::element_type;
	constexpr std::size_t n = View::rank();
	/* A view without dimensions has one element. */
	std::size_t extents[n == 0 ? 1 : n] = {1};
	std::ptrdiff_t steps[n == 0 ? 1 : n] = {sizeof(element)};

	static_assert(std::is_convertible_v<decltype(view.data_handle()), element *>,
		      "the accessor must give the elements as they lie in memory");
	if (!view.is_strided()) {
		ec = errc::not_supported;
		return layout_for<element>();
	}
	for (std::size_t i = 0; i < n; i++) {
		extents[i] = static_cast<std::size_t>(view.extent(i));
		/* The stride of a dimension that has no second element may be any number. */
		if (extents[i] > 1)
			steps[i] = static_cast<std::ptrdiff_t>(view.stride(i)) *
				   static_cast<std::ptrdiff_t>(sizeof(element));
	}
	return steps_layout(static_cast<element *>(view.data_handle()), order::row_major, extents,
			    steps, ec);
}

} // namespace detail
/// @endcond

/**
 * A layout of one dimension of the elements of a span, a vector, a std::array, an array: of all
 * that std::data() and std::size() take. A temporary vector does not compile; a temporary
 * std::span or std::string_view does. Of an array of arrays, the elements are the inner arrays.
 */
template <class Range, class = detail::element_of<Range>>
layout_for<detail::element_of<Range>> layout_of(Range &&range, std::error_code &ec) noexcept
{
	static_assert(detail::outlives_v<Range>, "the memory would be gone before the copy");
	return dense_layout(std::data(range), order::row_major, {std::size(range)}, {}, {}, ec);
}

/**
 * A layout of the elements of a multidimensional view that has the members of std::mdspan
 * (`element_type`, `rank`, `extent`, `stride`, `is_strided`, `data_handle`), for example of the
 * mdspan of Kokkos. A mapping that is not strided: aml::errc::not_supported.
 *
 * The layout is row-major, with the indices of the view as coordinates, wherever the elements lie:
 * a copy from a view with std::layout_left to one with std::layout_right copies (i, j) to (i, j).
 */
template <class View>
layout_for<typename View::element_type> layout_of_view(const View &view,
						       std::error_code &ec) noexcept
{
	return detail::from_mdspan(view, ec);
}

#ifdef __cpp_lib_mdspan
/** aml::layout_of_view() for std::mdspan, where the standard library has it. */
template <class T, class Extents, class Mapping, class Accessor>
layout_for<T> layout_of(const std::mdspan<T, Extents, Mapping, Accessor> &view,
			std::error_code &ec) noexcept
{
	return detail::from_mdspan(view, ec);
}
#endif

#ifdef AML_DMA_HPP_EXCEPTIONS
/** As the form with an error code; throws aml::error. */
template <class T>
layout_for<T> dense_layout(T *pointer, order way, sizes extents, sizes strides = {},
			   sizes pitches = {})
{
	std::error_code ec;
	layout_for<T> made = dense_layout(pointer, way, extents, strides, pitches, ec);

	detail::throw_if(ec, "aml::dense_layout");
	return made;
}

/** As the form with an error code; throws aml::error. */
template <class T> layout_for<T> steps_layout(T *pointer, order way, sizes extents, distances steps)
{
	std::error_code ec;
	layout_for<T> made = steps_layout(pointer, way, extents, steps, ec);

	detail::throw_if(ec, "aml::steps_layout");
	return made;
}

/** As the form with an error code; throws aml::error. */
template <class Layout, class T>
Layout pad_layout(Layout &&target, order way, sizes extents, const T &neutral, sizes offsets = {})
{
	std::error_code ec;
	Layout made = pad_layout(std::move(target), way, extents, neutral, offsets, ec);

	detail::throw_if(ec, "aml::pad_layout");
	return made;
}

/** As the form with an error code; throws aml::error. */
template <class Element, class Layout>
Layout pad_layout(Layout &&target, order way, sizes extents, const detail::named<Element> &neutral,
		  sizes offsets = {})
{
	return pad_layout<Layout, Element>(std::move(target), way, extents, neutral, offsets);
}

/** As the form with an error code; throws aml::error. */
template <class Layout> Layout reshape_layout(Layout &&target, order way, sizes extents)
{
	std::error_code ec;
	Layout made = reshape_layout(std::move(target), way, extents, ec);

	detail::throw_if(ec, "aml::reshape_layout");
	return made;
}

/** As the form with an error code; throws aml::error. */
template <class Range, class = detail::element_of<Range>>
layout_for<detail::element_of<Range>> layout_of(Range &&range)
{
	std::error_code ec;
	auto made = layout_of(std::forward<Range>(range), ec);

	detail::throw_if(ec, "aml::layout_of");
	return made;
}

/** As the form with an error code; throws aml::error. */
template <class View> layout_for<typename View::element_type> layout_of_view(const View &view)
{
	std::error_code ec;
	auto made = layout_of_view(view, ec);

	detail::throw_if(ec, "aml::layout_of_view");
	return made;
}

#ifdef __cpp_lib_mdspan
/** As the form with an error code; throws aml::error. */
template <class T, class Extents, class Mapping, class Accessor>
layout_for<T> layout_of(const std::mdspan<T, Extents, Mapping, Accessor> &view)
{
	return layout_of_view(view);
}
#endif
#endif

/// @cond
namespace detail
{

/*
 * Nanoseconds, rounded up: 0 for a negative duration or a NaN, AML_DMA_NO_DEADLINE from a century
 * on. Computed in floating point, because a duration that is not a number of nanoseconds, or is
 * near the limits of its own type, overflows in the conversions and comparisons of std::chrono.
 */
template <class Rep, class Period>
std::uint64_t nanoseconds_of(std::chrono::duration<Rep, Period> time)
{
	using exact = std::chrono::duration<long double, std::nano>;
	const long double count = exact(time).count();

	if (!(count > 0))
		return 0;
	if (count >= exact(std::chrono::hours(24 * 365 * 100)).count())
		return AML_DMA_NO_DEADLINE;
	return static_cast<std::uint64_t>(std::ceil(count));
}

template <class Duration>
std::uint64_t deadline(std::chrono::time_point<std::chrono::steady_clock, Duration> time)
{
	/* std::chrono::steady_clock is CLOCK_MONOTONIC in the C++ libraries of Linux. */
	return nanoseconds_of(time.time_since_epoch());
}

template <class Rep, class Period>
std::uint64_t deadline_after(std::chrono::duration<Rep, Period> time)
{
	const std::uint64_t length = nanoseconds_of(time);

	/* 0 has passed. */
	if (length == 0 || length == AML_DMA_NO_DEADLINE)
		return length;
	return deadline(std::chrono::steady_clock::now()) + length;
}

} // namespace detail
/// @endcond

/// @cond
namespace detail
{

/* What the callback of a future needs. The callback deletes it. */
template <class Value> struct promised {
	std::promise<Value> promise;
	::aml_dma *dma = nullptr;
	/* A request that has finished, which is joined; or NULL. */
	::aml_dma_request *handle = nullptr;

	static void finish(int result, void *arg)
	{
		std::unique_ptr<promised> self(static_cast<promised *>(arg));

		if (self->handle != nullptr)
			result = aml_dma_wait(self->dma, &self->handle);
		const std::error_code ec = make_error_code(result);

		if constexpr (!std::is_void_v<Value>) {
			self->promise.set_value(ec);
		} else if (!ec) {
			self->promise.set_value();
		} else {
#ifdef AML_DMA_HPP_EXCEPTIONS
			self->promise.set_exception(
				std::make_exception_ptr(error(ec, "aml::request::future")));
#endif
		}
	}
};

/* Post a request without a handle that makes a future ready. On an error: an invalid future. */
template <class Value>
std::future<Value> post_promised(::aml_dma *dma, ::aml_dma_post_attr &post,
				 std::unique_ptr<promised<Value>> state, std::error_code &ec)
{
	std::future<Value> made = state->promise.get_future();

	state->dma = dma;
	post.flags |= AML_DMA_POST_DETACH;
	post.callback = promised<Value>::finish;
	post.callback_arg = state.get();
	ec = make_error_code(aml_dma_post(dma, 1, &post, nullptr));
	if (ec)
		return std::future<Value>();
	static_cast<void>(state.release());
	return made;
}

} // namespace detail
/// @endcond

/**
 * A request that was posted, with its handle.
 *
 * The destructor cancels: when it has returned, the engine no longer touches the buffers, and what
 * had not been copied may never be. Wait, or make a future, if the copy must be whole. An empty
 * request (default-made, moved from, waited for, cancelled) is aml::errc::invalid in calls.
 */
class request
{
      public:
	/** Make an empty one. */
	request() = default;

	/** Take over a handle of the C interface. */
	request(::aml_dma *dma, ::aml_dma_request *adopted) noexcept : dma_(dma), handle_(adopted)
	{
	}

	/** Take over the request of another object, which is empty then. */
	request(request &&other) noexcept : dma_(other.dma_), handle_(other.release())
	{
	}

	/** Cancel the request of this object, and take over that of another one. */
	request &operator=(request &&other) noexcept
	{
		if (this != &other) {
			drop();
			dma_ = other.dma_;
			handle_ = other.release();
		}
		return *this;
	}

	/** Cancel the request, see above. */
	~request()
	{
		drop();
	}

	/** Return whether this object has a handle. */
	explicit operator bool() const noexcept
	{
		return handle_ != nullptr;
	}

	/** The handle of the C interface, still owned by this object. */
	::aml_dma_request *get() const noexcept
	{
		return handle_;
	}

	/** Give up the handle: the caller waits for it or cancels it. */
	[[nodiscard]] ::aml_dma_request *release() noexcept
	{
		return std::exchange(handle_, nullptr);
	}

	/** Wait until the request has finished; see aml_dma_wait(). `ec` is its result. */
	void wait(std::error_code &ec) noexcept
	{
		ec = make_error_code(aml_dma_wait(dma_, &handle_));
	}

	/**
	 * Look whether the request has finished; see aml_dma_test(). If it has, return true: `ec`
	 * is its result, and this object is empty. If it has not, return false: `ec` is clear. On
	 * an error, return false.
	 */
	bool test(std::error_code &ec) noexcept
	{
		int result = AML_SUCCESS;
		int err = aml_dma_test(dma_, &handle_, &result);

		return finished(err, result, ec);
	}

	/**
	 * As test(), waiting for at most this time; see aml_dma_wait_until(). A negative time is 0;
	 * a century or more has no end.
	 */
	template <class Rep, class Period>
	bool wait_for(std::chrono::duration<Rep, Period> time, std::error_code &ec) noexcept
	{
		return wait_deadline(detail::deadline_after(time), ec);
	}

	/**
	 * As test(), waiting until this time at most; see aml_dma_wait_until(). A time of the clock
	 * of a century or more never comes.
	 */
	template <class Duration>
	bool wait_until(std::chrono::time_point<std::chrono::steady_clock, Duration> time,
			std::error_code &ec) noexcept
	{
		return wait_deadline(detail::deadline(time), ec);
	}

	/** Cancel the request, and wait for it if it runs; see aml_dma_cancel(). */
	void cancel(std::error_code &ec) noexcept
	{
		ec = make_error_code(aml_dma_cancel(dma_, &handle_));
	}

	/**
	 * Make a future of the request, and leave this object empty. Its value is the result. On an
	 * error `ec` is set, the future is invalid, and this object keeps its handle.
	 *
	 * The engine's workers make the future ready. Waiting for a future does not run requests,
	 * as waiting for a request does: with an engine without workers, call aml_dma_progress() in
	 * another thread, or do not use futures. In a forked child, the futures of unfinished
	 * requests never become ready. Destroying the future does not wait.
	 *
	 * The future is a request of its own: of the engine's `max_unfinished`, it takes one more
	 * place, and it is aml::errc::busy if there is none. Keep the request in a variable, or its
	 * destructor cancels the copy after this error; or use async_copy_future() of the engine,
	 * which takes one place.
	 */
	std::future<std::error_code> future(std::error_code &ec)
	{
		return make_future<std::error_code>(ec);
	}

#ifdef AML_DMA_HPP_EXCEPTIONS
	/** As the form with an error code; throws the result as aml::error if the request failed.
	 */
	void wait()
	{
		std::error_code ec;

		wait(ec);
		detail::throw_if(ec, "aml::request::wait");
	}

	/** As the form with an error code; throws the result as aml::error if the request failed.
	 */
	bool test()
	{
		std::error_code ec;
		bool done = test(ec);

		detail::throw_if(ec, "aml::request::test");
		return done;
	}

	/** As the form with an error code; throws the result as aml::error if the request failed.
	 */
	template <class Rep, class Period> bool wait_for(std::chrono::duration<Rep, Period> time)
	{
		std::error_code ec;
		bool done = wait_for(time, ec);

		detail::throw_if(ec, "aml::request::wait_for");
		return done;
	}

	/** As the form with an error code; throws the result as aml::error if the request failed.
	 */
	template <class Duration>
	bool wait_until(std::chrono::time_point<std::chrono::steady_clock, Duration> time)
	{
		std::error_code ec;
		bool done = wait_until(time, ec);

		detail::throw_if(ec, "aml::request::wait_until");
		return done;
	}

	/** As the form with an error code; throws aml::error. */
	void cancel()
	{
		std::error_code ec;

		cancel(ec);
		detail::throw_if(ec, "aml::request::cancel");
	}

	/** As the form with an error code; the future throws the result if the request failed. */
	std::future<void> future()
	{
		std::error_code ec;
		std::future<void> made = make_future<void>(ec);

		detail::throw_if(ec, "aml::request::future");
		return made;
	}
#endif

	/// @cond
      private:
	template <class Value> std::future<Value> make_future(std::error_code &ec)
	{
		auto state = std::make_unique<detail::promised<Value>>();
		::aml_dma_post_attr post = AML_DMA_POST_ATTR_INIT;

		if (handle_ == nullptr) {
			ec = errc::invalid;
			return std::future<Value>();
		}
		state->handle = handle_;
		post.nafter = 1;
		post.after = &handle_;
		std::future<Value> made = detail::post_promised(dma_, post, std::move(state), ec);
		if (!ec)
			handle_ = nullptr;
		return made;
	}

	bool wait_deadline(std::uint64_t time, std::error_code &ec) noexcept
	{
		int result = AML_SUCCESS;
		int err = aml_dma_wait_until(dma_, &handle_, time, &result);

		return finished(err, result, ec);
	}

	static bool finished(int err, int result, std::error_code &ec) noexcept
	{
		ec = make_error_code(err == AML_SUCCESS  ? result
				     : err == -AML_EBUSY ? AML_SUCCESS
							 : err);
		return err == AML_SUCCESS;
	}

	void drop() noexcept
	{
		if (handle_ != nullptr)
			aml_dma_cancel(dma_, &handle_);
		handle_ = nullptr;
	}

	::aml_dma *dma_ = nullptr;
	::aml_dma_request *handle_ = nullptr;
	/// @endcond
};

namespace detail
{

/** The calls of an engine: of aml::engine, which owns it, and aml::engine_ref, which does not. */
class engine_calls
{
      public:
	/** Return whether this object has an engine. */
	explicit operator bool() const noexcept
	{
		return dma_ != nullptr;
	}

	/** The engine of the C interface. */
	::aml_dma *get() const noexcept
	{
		return dma_;
	}

	/** Copy, and wait for the copy; see aml_dma_copy(). */
	void copy(const layout &dst, const const_layout &src, std::error_code &ec) const noexcept
	{
		copy(dst, src, nullptr, nullptr, ec);
	}

	/** Copy by an operator, and wait; see aml_dma_copy_custom(). */
	void copy(const layout &dst, const const_layout &src, aml_dma_operator op, void *arg,
		  std::error_code &ec) const noexcept
	{
		ec = make_error_code(aml_dma_copy_custom(dma_, dst.get(), src.get(), op, arg));
	}

	/**
	 * Post a copy; see aml_dma_async_copy(). The layouts may be destroyed after the call, the
	 * memory must stay.
	 */
	[[nodiscard]] request async_copy(const layout &dst, const const_layout &src,
					 std::error_code &ec) const noexcept
	{
		return async_copy(dst, src, nullptr, nullptr, ec);
	}

	/** Post a copy by an operator; see aml_dma_async_copy_custom(). */
	[[nodiscard]] request async_copy(const layout &dst, const const_layout &src,
					 aml_dma_operator op, void *arg,
					 std::error_code &ec) const noexcept
	{
		::aml_dma_request *handle = nullptr;

		ec = make_error_code(
			aml_dma_async_copy_custom(dma_, &handle, dst.get(), src.get(), op, arg));
		return request(dma_, handle);
	}

	/** Post a copy that makes a future ready; see the form with an operator. */
	[[nodiscard]] std::future<std::error_code> async_copy_future(const layout &dst,
								     const const_layout &src,
								     std::error_code &ec) const
	{
		return async_copy_future(dst, src, nullptr, nullptr, ec);
	}

	/**
	 * Post a copy, by an operator or without one (NULL), that makes a future ready. It is as
	 * async_copy() and then request::future(), in one request: of the engine's
	 * `max_unfinished`, it takes one place. There is no handle, so only cancel_all() cancels
	 * it. On an error `ec` is set, the future is invalid, and nothing was posted.
	 */
	[[nodiscard]] std::future<std::error_code> async_copy_future(const layout &dst,
								     const const_layout &src,
								     aml_dma_operator op, void *arg,
								     std::error_code &ec) const
	{
		return copy_future<std::error_code>(dst, src, op, arg, ec);
	}

	/** Wait for every request that was posted; see aml_dma_barrier(). */
	void barrier(std::error_code &ec) const noexcept
	{
		ec = make_error_code(aml_dma_barrier(dma_));
	}

	/** Cancel the requests that have not begun, and return their number; see
	 * aml_dma_cancel_all(). */
	std::size_t cancel_all(std::error_code &ec) const noexcept
	{
		std::size_t count = 0;

		ec = make_error_code(aml_dma_cancel_all(dma_, &count));
		return count;
	}

#ifdef AML_DMA_HPP_EXCEPTIONS
	/** As the form with an error code; throws aml::error. */
	void copy(const layout &dst, const const_layout &src, aml_dma_operator op = nullptr,
		  void *arg = nullptr) const
	{
		std::error_code ec;

		copy(dst, src, op, arg, ec);
		throw_if(ec, "aml::engine::copy");
	}

	/** As the form with an error code; throws aml::error. */
	[[nodiscard]] request async_copy(const layout &dst, const const_layout &src,
					 aml_dma_operator op = nullptr, void *arg = nullptr) const
	{
		std::error_code ec;
		request posted = async_copy(dst, src, op, arg, ec);

		throw_if(ec, "aml::engine::async_copy");
		return posted;
	}

	/**
	 * As the form with an error code; throws aml::error. The future throws the result if the
	 * copy failed.
	 */
	[[nodiscard]] std::future<void> async_copy_future(const layout &dst,
							  const const_layout &src,
							  aml_dma_operator op = nullptr,
							  void *arg = nullptr) const
	{
		std::error_code ec;
		std::future<void> made = copy_future<void>(dst, src, op, arg, ec);

		throw_if(ec, "aml::engine::async_copy_future");
		return made;
	}

	/** As the form with an error code; throws aml::error. */
	void barrier() const
	{
		std::error_code ec;

		barrier(ec);
		throw_if(ec, "aml::engine::barrier");
	}

	/** As the form with an error code; throws aml::error. */
	std::size_t cancel_all() const
	{
		std::error_code ec;
		std::size_t count = cancel_all(ec);

		throw_if(ec, "aml::engine::cancel_all");
		return count;
	}
#endif

	/// @cond
      protected:
	explicit engine_calls(::aml_dma *dma) noexcept : dma_(dma)
	{
	}
	engine_calls(const engine_calls &) = default;
	engine_calls &operator=(const engine_calls &) = default;
	~engine_calls() = default;

	template <class Value>
	std::future<Value> copy_future(const layout &dst, const const_layout &src,
				       aml_dma_operator op, void *arg, std::error_code &ec) const
	{
		::aml_dma_post_attr post = AML_DMA_POST_ATTR_INIT;

		/* Without layouts and operator, a post would be a request that does nothing. */
		if (!dst || !src) {
			ec = errc::invalid;
			return std::future<Value>();
		}
		post.dest = dst.get();
		post.src = src.get();
		post.op = op;
		post.op_arg = arg;
		return post_promised(dma_, post, std::make_unique<promised<Value>>(), ec);
	}

	::aml_dma *dma_;
	/// @endcond
};

} // namespace detail

/** An engine that somebody else owns. It may be copied. */
class engine_ref : public detail::engine_calls
{
      public:
	/** Refer to an engine. Not explicit: a function that takes an engine_ref takes any engine.
	 */
	engine_ref(const detail::engine_calls &engine) noexcept : engine_calls(engine)
	{
	}

	/** Refer to an engine of the C interface. */
	explicit engine_ref(::aml_dma *dma) noexcept : engine_calls(dma)
	{
	}
};

/**
 * An engine, which this object owns. The destructor runs what was posted, then ends the workers;
 * see aml_dma_linux_destroy(). Destroy the engine's requests first, and do not destroy an engine
 * inside one of its operators.
 */
class engine : public detail::engine_calls
{
      public:
	/** Take over the engine of another object, which is empty then. */
	engine(engine &&other) noexcept : engine_calls(std::exchange(other.dma_, nullptr))
	{
	}

	/** Destroy the engine of this object, and take over that of another one. */
	engine &operator=(engine &&other) noexcept
	{
		if (this != &other) {
			drop();
			dma_ = std::exchange(other.dma_, nullptr);
		}
		return *this;
	}

	/** Run what was posted, and end the workers. */
	~engine()
	{
		drop();
	}

	/** Create an engine; see aml_dma_linux_create_attr(). On an error it is empty. */
	static engine create(const ::aml_dma_linux_attr &attr, std::error_code &ec) noexcept
	{
		::aml_dma *dma = nullptr;

		ec = make_error_code(aml_dma_linux_create_attr(&dma, &attr));
		return engine(dma, adopt{});
	}

	/**
	 * Create an engine of this many workers. AML_DMA_LINUX_THREADS_AUTO, which is also what -1
	 * converts to: as many as fit.
	 */
	static engine create(std::size_t workers, std::error_code &ec) noexcept
	{
		::aml_dma_linux_attr attr = AML_DMA_LINUX_ATTR_INIT;

		attr.num_threads = workers;
		return create(attr, ec);
	}

#ifdef AML_DMA_HPP_EXCEPTIONS
	/** As create(); throws aml::error. */
	explicit engine(const ::aml_dma_linux_attr &attr) : engine_calls(nullptr)
	{
		std::error_code ec;

		*this = create(attr, ec);
		detail::throw_if(ec, "aml::engine");
	}

	/** As create(), with as many workers as fit if it has no argument; throws aml::error. */
	explicit engine(std::size_t workers = AML_DMA_LINUX_THREADS_AUTO) : engine_calls(nullptr)
	{
		std::error_code ec;

		*this = create(workers, ec);
		detail::throw_if(ec, "aml::engine");
	}
#endif

	/// @cond
      private:
	struct adopt {
	};

	engine(::aml_dma *dma, adopt) noexcept : engine_calls(dma)
	{
	}

	void drop() noexcept
	{
		if (dma_ != nullptr)
			aml_dma_linux_destroy(&dma_);
	}
	/// @endcond
};

/** The start of the library: one aml_init(), and its aml_finalize() in the destructor. */
class library
{
      public:
	/** Take over the aml_init() of another object, which is empty then. */
	library(library &&other) noexcept : started_(std::exchange(other.started_, false))
	{
	}
	/** Not assignable. */
	library &operator=(library &&) = delete;

	/** Call aml_finalize(). */
	~library()
	{
		if (started_)
			aml_finalize();
	}

	/** See aml_init(). On an error the object is empty. */
	static library start(std::error_code &ec) noexcept
	{
		ec = make_error_code(aml_init(nullptr, nullptr));
		return library(!ec);
	}

#ifdef AML_DMA_HPP_EXCEPTIONS
	/** See aml_init(). Throws aml::error. */
	library() : started_(false)
	{
		std::error_code ec = make_error_code(aml_init(nullptr, nullptr));

		detail::throw_if(ec, "aml::library");
		started_ = true;
	}
#endif

	/** The engine that aml_init() made. */
	engine_ref shared_engine() const noexcept
	{
		return engine_ref(started_ ? aml_dma_linux : nullptr);
	}

      private:
	explicit library(bool started) noexcept : started_(started)
	{
	}

	bool started_;
};

} // namespace aml

#endif /* AML_DMA_HPP */
